"""`Retry-After`: how long a site asks not to be visited again (RFC 9110, section 10.2.3)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from veritas.events.json import as_items, as_mapping

LONGEST = 600.0  # seconds; a site that asks for more is visited again after this time
_STATUSES = (429, 503)  # Too Many Requests, Service Unavailable


def retry_after(message: Mapping[str, Any], *, now: float | None = None) -> float | None:
    """Return the seconds for which a page asks not to be visited, above 0 and at most `LONGEST`; None if it does not.

    Args:
        message: A client message of an audit; only those of visited pages matter.
        now: The time in seconds since the epoch; None for now.
    """
    if message.get("step") != "page_loaded":
        return None
    page = as_mapping(message.get("summary"))
    if page.get("status") not in _STATUSES:
        return None
    for header in as_items(page.get("headers")):
        match header:
            case [str(name), str(value)] if name.lower() == "retry-after":
                seconds = _seconds(value.strip(), time.time() if now is None else now)
                return seconds or None  # a time that has passed asks for nothing
    return None


def _seconds(value: str, now: float) -> float | None:
    if value.isascii() and value.isdigit():
        return min(LONGEST, float(value))
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:  # of no zone, or of one that is not known; the standard's is GMT, not this machine's
        until = until.replace(tzinfo=UTC)
    try:
        return min(LONGEST, max(0.0, until.timestamp() - now))
    except (ValueError, OverflowError):
        return None
