"""Reading what earlier versions wrote: a body's form has a version, and reading brings it to the current one.

What is stored never changes, and every hash stays that of the stored bytes. Only what is read from them is brought up
to date, step by step: `STEPS[0]` makes of a body of version 1 one of version 2, `STEPS[1]` of version 2 one of version
3, and so on. A step is a function of the JSON object alone, which it may change and returns; of a body with an
attachment, `data` is the reference that stands in its place. `schema_version` beside an event says what its body is of.

To change the form of a body, write the step from the form that there is to the new one, and put it last; the version
that the recorder writes, and that of the read models, follow from their number. A field that is only added needs no
step where a default does for the older bodies: decoding is tolerant, and gives it. A body of a version that is not
known, because a newer VERITAS wrote it, is read as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = Callable[[dict[str, Any]], dict[str, Any]]

STEPS: list[Step] = []


def current_version() -> int:
    """Return the version of the form that bodies are written in."""
    return 1 + len(STEPS)


def upcast(wire: dict[str, Any], version: int) -> dict[str, Any]:
    """Return the body *wire*, which is of this version, as one of the current version."""
    for step in STEPS[max(version, 1) - 1 :]:
        wire = step(wire)
    return wire
