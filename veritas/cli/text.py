"""How values read on a terminal."""

from __future__ import annotations

import json

from veritas.wording import HARMFUL, count, duration, harmless, moment, percent, short

__all__ = ["count", "duration", "harmless", "harmless_json", "moment", "percent", "short"]


def harmless_json(text: str) -> str:
    """Return JSON with such characters, which can only stand in its strings, as JSON's own escapes."""
    return HARMFUL.sub(lambda match: match.group() if match.group() == "\n" else json.dumps(match.group())[1:-1], text)
