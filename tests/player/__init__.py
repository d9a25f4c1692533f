"""Tests of the player of a recorded run in a browser."""
