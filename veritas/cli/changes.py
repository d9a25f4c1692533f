"""What changed in a run from one moment to another, for people: one line a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from veritas.cli.table import print_heading, print_line, print_pairs
from veritas.cli.value import told
from veritas.formatting import count
from veritas.projections.state_diff import Change
from veritas.state_at import StateAt


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
    return told(value) or count(len(value), "value" if isinstance(value, dict) else "item")
