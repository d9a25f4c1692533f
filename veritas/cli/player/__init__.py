"""The player's terminal: keyboard, screen and loop."""
