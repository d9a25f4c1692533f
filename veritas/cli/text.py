"""How values read on a terminal."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Control characters, C1 among them, what reorders or hides text, line and paragraph separators, and lone surrogates:
# recorded text comes from pages that may be hostile, and a terminal obeys what it is sent.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def harmless(text: str) -> str:
    """Return *text* with every character that could act on a terminal as a visible escape."""
    return _HARMFUL.sub(lambda match: _escape(match.group()), text)


def escape_in_json(text: str) -> str:
    """Return JSON with such characters as JSON's own escapes; they can stand in its strings alone."""
    return _HARMFUL.sub(lambda match: match.group() if match.group() == "\n" else json_escape(match.group()), text)


def json_escape(character: str) -> str:
    """Return *character* as JSON writes it in ASCII."""
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def moment(seconds: float | None, *, millis: bool = False) -> str | None:
    """Return seconds since the epoch as `2025-11-22 08:26:40Z`; None where there is no such moment."""
    if seconds is None:
        return None
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at.strftime("%Y-%m-%d %H:%M:%S") + (f".{at.microsecond // 1000:03d}Z" if millis else "Z")


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


def number(value: object) -> str | None:
    """Return a number without a needless fraction; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return f"{value:.1f}".removesuffix(".0")


def count(amount: int, noun: str) -> str:
    """Return `1 event`, `12,345 events`."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"
