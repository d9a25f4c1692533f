"""Values as text: times, durations, numbers and untrusted text, on a terminal and in a report."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

# Control characters (C0 and C1), characters that reorder or hide text, line and paragraph separators, and lone
# surrogates: recorded text comes from pages that may be hostile, and a terminal obeys such characters.
_CONTROL_CHARACTERS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)

_LARGEST = sys.float_info.max  # an integer may be greater
_MOST_NAMED = 10  # values in a sentence
_HUGE = 1e15  # nothing is counted or measured beyond it: an emitter may send any number


def escape_control_characters(text: str) -> str:
    """Return *text* with a visible escape for every character that could act on a terminal."""
    if text.isprintable():  # the usual case: Python counts none of those characters as printable
        return text
    return _CONTROL_CHARACTERS.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def escape_json_control_characters(text: str) -> str:
    """Return JSON text with a JSON escape for each such character except newline; they occur only in its strings."""

    def escape(match: re.Match[str]) -> str:
        return match.group() if match.group() == "\n" else json.dumps(match.group())[1:-1]

    return _CONTROL_CHARACTERS.sub(escape, text)


def utc_time(seconds: float | None, timespec: str = "seconds") -> str | None:
    """Return seconds since the epoch as `2025-11-22 08:26:40Z`; None if they are not a date that the calendar has.

    Args:
        seconds: Since the epoch, UTC.
        timespec: The precision: `minutes`, `seconds` or `milliseconds`.
    """
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(" ", timespec).replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def iso_time(seconds: float | None) -> str | None:
    """Return seconds since the epoch as ISO 8601 with microseconds and `Z`.

    None if they are not a date that the calendar has: an emitter may send any number.
    """
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def duration(seconds: float | None) -> str | None:
    """Return a duration for people: `0.42 s`, `12.3 s`, `2 min 05 s`, `3 h 12 min`."""
    if seconds is None:
        return None
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    if seconds >= _HUGE:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def signed_seconds(seconds: float | None) -> str | None:
    """Return a difference of two durations: `+0.42 s`, `-3.10 s`."""
    return None if seconds is None else f"{round(seconds, 2) + 0.0:+.2f} s"


def run_duration(origin: str | None, start: float | None, end: float | None) -> float | None:
    """Return the seconds from a run's request to its end; None while it has not ended.

    None also for an ingested log: its times are those of the ingestion, not of the audit.
    """
    return None if origin == "ingest" else elapsed(start, end)


def elapsed(start: float | None, end: float | None) -> float | None:
    """Return the seconds from *start* to *end*; None if either is unknown, or *end* is before *start*."""
    if start is None or end is None or not 0 <= end - start < math.inf:
        return None
    return end - start


def short_number(value: float) -> str:
    """Return a number with one decimal, or with none if it is whole; a huge one with an exponent."""
    if abs(value) < _HUGE:
        return f"{value:.1f}".removesuffix(".0")
    return f"{min(max(value, -_LARGEST), _LARGEST):.3g}"


def percent(share: float | None) -> str | None:
    """Return a share (0-1) as a percentage."""
    if share is None:
        return None
    return f"{share:.0%}" if abs(share) < _HUGE else f"{100 * share:.3g}%"


def count(amount: int, noun: str) -> str:
    """Return a number with its noun: `1 event`, `12,345 events`."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def named_values(values: Sequence[str]) -> str:
    """Return values as a sentence names them: the first ten, and how many more there are."""
    more = len(values) - _MOST_NAMED
    return ", ".join([*values[:_MOST_NAMED], *([f"and {more:,} more"] if more > 0 else [])])


def file_size(size: int) -> str:
    """Return a number of bytes for people: `512 bytes`, `1.5 MB`, `12 GB`; a MB is 1,000,000 bytes."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{short_number(round(size / factor, 1))} {unit}"
    return count(size, "byte")
