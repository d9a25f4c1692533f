"""Verification of a log against its hashes, its tree and its checkpoints."""
