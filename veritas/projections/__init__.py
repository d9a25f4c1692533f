"""Projections: pure folds over events that compute everything that is shown of audits; the log is the only source."""
