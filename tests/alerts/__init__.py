"""How right the alerts are, on conversations that were written for it."""
