"""A rollout's metrics as tables, JSON, Prometheus text and HTML."""
