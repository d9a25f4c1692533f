"""The read model of runs: a table with one row for each run, which catches up with the log."""
