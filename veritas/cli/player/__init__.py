"""The terminal player of recordings: its keyboard, screen and main loop."""
