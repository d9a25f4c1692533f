"""What changed in a run from one moment to another, for people: one line a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from veritas.cli.table import print_heading, print_line, print_pairs
from veritas.core.events import encode_json
from veritas.projections.state_changes import Change
from veritas.state_at import StateAt
from veritas.wording import count

_LONGEST = 200  # characters of JSON in a line; --json has it all


def place(found: StateAt) -> str:
    """Return where a state stands in its run: `vision/done: +2.500s, event 10`."""
    named = "now" if found.moment is None else str(found.moment)
    return f"{named}: +{found.offset:.3f}s, event {found.event}"


def print_changes(before: StateAt, after: StateAt, changes: Sequence[Change]) -> None:
    """Write from where to where, and each change as `verdict.trust_score: none -> 47`."""
    print_pairs([("run", after.state.run_id), ("from", place(before)), ("to", place(after))])
    print_heading("Changes" if changes else "No changes")
    for change in changes:
        print_line(f"{change.path}: {_told(change.before)} -> {_told(change.after)}")


def _told(value: Any) -> str:
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
        case _ if len(text := encode_json({"": value})[4:-1].decode("utf-8")) <= _LONGEST:
            return text
        case _:
            return count(len(value), "value" if isinstance(value, dict) else "item")
