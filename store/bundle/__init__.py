"""Bundles: a run in one file that can be verified without the log."""
