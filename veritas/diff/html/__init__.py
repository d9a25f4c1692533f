"""A comparison as one HTML page."""

from veritas.diff.html.page import render_comparison, render_transports

__all__ = ["render_comparison", "render_transports"]
