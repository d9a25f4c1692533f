"""An audit's report as one HTML page."""

from veritas.report.page import render_report
from veritas.report.provenance import CoveringCheckpoint, Provenance
from veritas.report.rendering import generator

__all__ = ["CoveringCheckpoint", "Provenance", "generator", "render_report"]
