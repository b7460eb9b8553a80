"""From bytes to typed turns. What cannot be read becomes a value that says why."""
