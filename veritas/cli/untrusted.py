"""Values out of recorded JSON, as the command line takes them."""

from __future__ import annotations

from veritas.untrusted import as_items, as_mapping, as_number, as_text

__all__ = ["as_items", "as_mapping", "as_number", "as_text"]
