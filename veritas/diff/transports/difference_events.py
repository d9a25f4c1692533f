"""Differences as the recorder writes them into the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from veritas.diff.difference import ABSENT, DUPLICATED, MISSING, Difference
from veritas.diff.field_path import path_text
from veritas.events.progress import encode_json
from veritas.events.recorder_events import DifferenceFound

_MOST_BYTES = 10_000  # of a value that is quoted whole


def quoted(value: Any) -> Any:
    """Return a value as `difference_found` has it: itself, or its size and hash, or that there is none."""
    if value is ABSENT:
        return {"absent": True}
    body = encode_json({"": value})[4:-1]
    if len(body) <= _MOST_BYTES:
        return value
    return {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def difference_events(differences: Iterable[Difference], *, a: str, b: str) -> Iterator[DifferenceFound]:
    """Yield differences between two runs, the first of which went over transport *a* and the second over *b*.

    What is missing under consecutive numbers is one.
    """
    last: DifferenceFound | None = None
    for difference in differences:
        found = _found(difference, a, b)
        if last is not None and _goes_on(last, found):
            last = replace(last, last=found.last)
            continue
        if last is not None:
            yield last
        last = found
    if last is not None:
        yield last


def _found(difference: Difference, a: str, b: str) -> DifferenceFound:
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


def _goes_on(last: DifferenceFound, found: DifferenceFound) -> bool:
    """Whether two differences are one gap: nothing is told of the second but that it is missing as well."""
    if last.kind != MISSING or last.path or found.path or last.last is None:
        return False
    same = (found.kind, found.category, found.at_source) == (last.kind, last.category, last.at_source)
    return same and found.first == last.last + 1
