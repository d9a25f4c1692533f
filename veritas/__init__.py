"""VERITAS audits web sites in a real browser and records every step in an append-only event log."""

__version__ = "0.1.0"
