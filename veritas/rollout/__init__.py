"""Rollouts: moving audits from stdout to the queue in stages, decided by the recorded runs."""
