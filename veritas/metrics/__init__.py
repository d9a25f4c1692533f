"""Metrics of all audits: how many there are, how long they take, why they fail, and what they find."""
