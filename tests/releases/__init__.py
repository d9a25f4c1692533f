"""Logs that releases have left behind: every later version must open, upgrade, verify and show them."""
