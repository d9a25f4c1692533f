"""Moving audits from stdout to the queue in stages, by what the log says."""
