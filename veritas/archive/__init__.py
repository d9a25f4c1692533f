"""The log read back: open, resolve, keys, integrity, liveness, redaction, bundles."""
