"""Mood, rules, escalation: from what was understood to what is decided. Pure: no clock, no I/O."""
