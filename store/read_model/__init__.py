"""The table of runs, kept up to date with the log."""
