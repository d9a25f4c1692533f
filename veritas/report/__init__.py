"""An audit's report as one HTML page."""

from veritas.report.page import Provenance, RunProof, generator, render_report

__all__ = ["Provenance", "RunProof", "generator", "render_report"]
