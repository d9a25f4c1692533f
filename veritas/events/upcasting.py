"""Upcasting: bring the body of an event that an earlier version wrote to the current version of its form.

The stored bytes and their hashes never change. Only the decoded JSON object is upcast, step by step: `STEPS[0]` turns
a body of version 1 into one of version 2, `STEPS[1]` one of version 2 into version 3, and so on. If a body has an
attachment, its `data` is the reference that replaces the attachment. An event's `schema_version` is the version of its
body.

To change the form of a body, append a step from the current form to the new one; the version that the recorder writes,
and that of the read models, follow from the number of steps. A new field needs no step if its default suits the older
bodies, because decoding gives a missing field its default. A body of an unknown version, which a newer VERITAS wrote,
is read as it is.

Versions:
    2: `ipc_fell_back` has a `kind`, where version 1 had only a `cause` in English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple


class Step(NamedTuple):
    """The change from one version to the next.

    Attributes:
        change: Called with a body of the one version, which it may modify; returns the body of the next version.
        types: The types of the events that it changes; None for all. The bodies of other types are the same in both
            versions.
    """

    change: Callable[[dict[str, Any]], dict[str, Any]]
    types: tuple[str, ...] | None = None

    def concerns(self, kind: object) -> bool:
        """Return whether the step changes the bodies of events of type *kind*."""
        return self.types is None or kind in self.types


# The beginnings of the causes that version 1 recorded, and their kinds in version 2.
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
    """Return the version of the bodies that this VERITAS writes."""
    return 1 + len(STEPS)


def upcast(wire: dict[str, Any], version: int) -> dict[str, Any]:
    """Return *wire*, a body of the given version, as one of the current version."""
    for step in _steps_from(version):
        if step.concerns(wire.get("type", "progress")):
            wire = step.change(wire)
    return wire


def is_current(kind: str | None, version: int) -> bool:
    """Return whether a body of this version and type has the current form already."""
    return not any(step.concerns(kind) for step in _steps_from(version))


def _steps_from(version: int) -> list[Step]:
    return STEPS[max(version, 1) - 1 :]
