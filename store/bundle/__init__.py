"""Evidence bundles: runs in one file that can be verified without the log."""
