"""A run as timed events: points in time, ranges, formats and the player."""
