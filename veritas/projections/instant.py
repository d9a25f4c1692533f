"""Moments, as projections write them for others to read."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def utc_text(seconds: float | None) -> str | None:
    """Return seconds since the epoch as ISO 8601 with microseconds and `Z`.

    None where there is no such moment: an emitter may claim any number, and a calendar holds only some.
    """
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def run_duration(origin: str | None, start: float | None, end: float | None) -> float | None:
    """Return the seconds from a run's request to its end; None while it has not ended.

    None as well where a captured log was ingested: that took its own time, not the audit's.
    """
    return None if origin == "ingest" else elapsed(start, end)


def elapsed(start: float | None, end: float | None) -> float | None:
    """Return the seconds from *start* to *end*; None where either is unknown, or they contradict each other."""
    if start is None or end is None or not 0 <= end - start < math.inf:
        return None
    return end - start
