"""An audit's report as one HTML page."""

from veritas.report.html import generator
from veritas.report.page import render_report
from veritas.report.provenance import CoveringCheckpoint, Provenance

__all__ = ["CoveringCheckpoint", "Provenance", "generator", "render_report"]
