"""Batches: many URLs audited in the same way, as audits of their own, with one stream in the log that names them."""
