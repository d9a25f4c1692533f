"""The conversion of differences to `difference_found` events, as the recorder writes them into the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import structs

from veritas.diff.difference import ABSENT, DUPLICATED, MISSING, Difference
from veritas.diff.field_path import path_text
from veritas.events.json import encode_json
from veritas.events.recorder_events import DifferenceFound

_MOST_BYTES = 10_000  # the longest value that is recorded as it is


def quoted(value: Any) -> Any:
    """Return a value as `difference_found` records it: the value, its size and hash, or `{"absent": true}`."""
    if value is ABSENT:
        return {"absent": True}
    body = encode_json({"": value})[4:-1]
    if len(body) <= _MOST_BYTES:
        return value
    return {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def difference_events(differences: Iterable[Difference], *, a: str, b: str) -> Iterator[DifferenceFound]:
    """Convert differences between two runs; the first went over transport *a*, the second over *b*.

    Events missing under consecutive numbers are one `difference_found`.
    """
    last: DifferenceFound | None = None
    for difference in differences:
        event = _event(difference, a, b)
        if last is not None and _continues(last, event):
            last = structs.replace(last, last=event.last)
            continue
        if last is not None:
            yield last
        last = event
    if last is not None:
        yield last


def _event(difference: Difference, a: str, b: str) -> DifferenceFound:
    here, there = difference.a, difference.b
    at_source = None
    if difference.kind in (MISSING, DUPLICATED) and (here is None) != (there is None):
        has, lacks = (b, a) if here is None else (a, b)
        at_source = lacks if difference.kind == MISSING else has
    ref = there or here
    sides = {"before": quoted(difference.before), "after": quoted(difference.after)} if difference.path else {}
    return DifferenceFound(
        difference.kind,
        difference.category,
        at_source,
        ref.seq if ref else None,
        ref.seq if ref else None,
        ref.phase if ref else "",
        ref.step if ref else "",
        path_text(difference.path),
        **sides,
    )


def _continues(last: DifferenceFound, event: DifferenceFound) -> bool:
    """Return whether two differences are one gap: both are missing as a whole, under consecutive numbers."""
    if last.kind != MISSING or last.path or event.path or last.last is None:
        return False
    same = (event.kind, event.category, event.at_source) == (last.kind, last.category, last.at_source)
    return same and event.first == last.last + 1
