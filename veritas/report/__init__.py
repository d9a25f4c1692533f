"""An audit's report as one HTML page."""

from veritas.report.page import generator, render_report
from veritas.report.provenance import CoveringCheckpoint, Provenance, RunProof

__all__ = ["CoveringCheckpoint", "Provenance", "RunProof", "generator", "render_report"]
