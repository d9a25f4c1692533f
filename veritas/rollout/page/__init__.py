"""A rollout as one HTML page."""

from __future__ import annotations

from veritas.rollout.page.page import rollout_page

__all__ = ["rollout_page"]
