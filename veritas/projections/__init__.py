"""Whatever is to be known about audits, computed from their events: folds without a second truth beside the log."""
