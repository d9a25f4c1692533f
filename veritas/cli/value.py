"""A recorded value in one line, for people."""

from __future__ import annotations

from typing import Any

from veritas.events.progress import encode_json

_LONGEST = 200  # characters of JSON in a line; --json has it all


def told(value: Any) -> str | None:
    """Return a value in words, or what names it, or else as JSON; None where that is long."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str():
            return value or '""'
        case int() | float():
            return str(round(value, 6))
        case {"severity": str(severity), "title": str(title)}:
            return f"({severity}) {title}"
        case {"sha256": str(sha256), "kind": str(kind), "url": str(url)}:
            return f"{sha256[:12]} ({kind}) of {url}"
        case {"url": str(url), "error": str(error)}:
            return f"{url}: {error}"
        case {"url": str(url), "title": _}:
            return url
    text = json_text(value)
    return text if len(text) <= _LONGEST else None


def short_told(value: Any) -> str:
    """Return the same, of what is long the beginning."""
    found = told(value)
    text = json_text(value) if found is None else found
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def json_text(value: Any) -> str:
    """Return a value as JSON."""
    return encode_json({"": value})[4:-1].decode("utf-8")
