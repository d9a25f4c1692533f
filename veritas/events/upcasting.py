"""Reading what earlier versions wrote: a body's form has a version, and reading brings it to the current one.

What is stored never changes, and every hash stays that of the stored bytes. Only what is read from them is brought up
to date, step by step: `STEPS[0]` makes of a body of version 1 one of version 2, `STEPS[1]` of version 2 one of version
3, and so on. A step changes the JSON object alone; of a body with an attachment, `data` is the reference that replaces
it. An event's `schema_version` is the version of its body.

To change the form of a body, write the step from the form that there is to the new one, and put it last; the version
that the recorder writes, and that of the read models, follow from their number. A field that is only added needs no
step where a default does for the older bodies: decoding is tolerant, and gives it. A body of a version that is not
known, because a newer VERITAS wrote it, is read as it is.

Versions:
    2: `ipc_fell_back` has a `kind`, where version 1 had only a `cause` in English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple


class Step(NamedTuple):
    """The way from one version to the next.

    Attributes:
        change: Takes a body of the one version, which it may change, and returns a body of the next.
        types: The types of the events that it changes; None for all. Other bodies are the same in both versions, and
            are not read for its sake.
    """

    change: Callable[[dict[str, Any]], dict[str, Any]]
    types: tuple[str, ...] | None = None

    def concerns(self, kind: object) -> bool:
        """Return whether it changes the bodies of events of type *kind*."""
        return self.types is None or kind in self.types


# How the causes began that version 1 recorded, and their kinds as of version 2.
_CAUSES = (
    (re.compile(r"The event queue cannot be created"), "not_created"),
    (re.compile(r"The child was given no queue|AUDIT_QUEUE_KEY is not a key"), "not_given"),
    (re.compile(r"The event queue at .* cannot be reached: digest sent was rejected"), "refused"),
    (re.compile(r"The event queue at "), "not_reached"),
    (re.compile(r"the queue broke"), "broke"),
    (re.compile(r"the queue took and confirmed nothing"), "stalled"),
)


def _give_fallback_a_kind(wire: dict[str, Any]) -> dict[str, Any]:
    cause = str(wire.get("cause", ""))
    wire.setdefault("kind", next((kind for pattern, kind in _CAUSES if pattern.match(cause)), "other"))
    return wire


STEPS: list[Step] = [Step(_give_fallback_a_kind, ("ipc_fell_back",))]


def current_version() -> int:
    """Return the version of the form that bodies are written in."""
    return 1 + len(STEPS)


def upcast(wire: dict[str, Any], version: int) -> dict[str, Any]:
    """Return the body *wire*, which is of this version, as one of the current version."""
    for step in _steps_from(version):
        if step.concerns(wire.get("type", "progress")):
            wire = step.change(wire)
    return wire


def is_current(kind: str | None, version: int) -> bool:
    """Return whether a body of this version, of an event of type *kind*, has the current form as it is."""
    return not any(step.concerns(kind) for step in _steps_from(version))


def _steps_from(version: int) -> list[Step]:
    return STEPS[max(version, 1) - 1 :]
