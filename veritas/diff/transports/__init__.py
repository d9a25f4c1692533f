"""The comparison of a run's two transports: in a tee, by running the audit again, and over many runs."""
