"""All settings, read once at the edge. No other code reads the environment or a settings file."""
