"""How values read, on a terminal and in a report."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime

# Control characters, C1 among them, what reorders or hides text, line and paragraph separators, and lone surrogates:
# recorded text comes from pages that may be hostile, and a terminal obeys what it is sent.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def escape_control_characters(text: str) -> str:
    """Return *text* with every character that could act on a terminal as a visible escape."""
    if text.isprintable():  # nearly always it is: none of those characters counts as printable
        return text
    return _HARMFUL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def escape_json_control_characters(text: str) -> str:
    """Return JSON with such characters, which can only stand in its strings, as JSON's own escapes."""
    return _HARMFUL.sub(lambda match: match.group() if match.group() == "\n" else json.dumps(match.group())[1:-1], text)


def utc_time(seconds: float | None, timespec: str = "seconds") -> str | None:
    """Return seconds since the epoch as `2025-11-22 08:26:40Z`; None where there is no such moment.

    Args:
        seconds: Since the epoch, UTC.
        timespec: How exactly: `minutes`, `seconds` or `milliseconds`.
    """
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(" ", timespec).replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def duration(seconds: float | None) -> str | None:
    """Return a length of time as people write it: `0.42 s`, `12.3 s`, `2 min 05 s`, `3 h 12 min`."""
    if seconds is None:
        return None
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def signed_seconds(seconds: float | None) -> str | None:
    """Return by how much something is longer, or shorter: `+0.42 s`, `-3.10 s`."""
    return None if seconds is None else f"{round(seconds, 2) + 0.0:+.2f} s"


def short_number(value: float) -> str:
    """Return a number with one decimal at most, and none where it is whole."""
    return f"{value:.1f}".removesuffix(".0")


def percent(share: float | None) -> str | None:
    """Return a share of 1 as a percentage."""
    return None if share is None else f"{share:.0%}"


def count(amount: int, noun: str) -> str:
    """Return `1 event`, `12,345 events`."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def iso_time(seconds: float | None) -> str | None:
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
