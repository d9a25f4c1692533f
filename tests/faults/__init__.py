"""Faults that a machine can produce, injected into real runs; the log is compared with what the child did."""
