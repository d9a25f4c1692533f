"""Logs of earlier releases: every later version must open, upgrade, verify and show them."""
