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

from veritas.events.fallback import BROKE, NOT_CREATED, NOT_GIVEN, NOT_REACHED, OTHER, REFUSED, STALLED
from veritas.events.recorder_events import RECORDER, IpcFellBack


class Step(NamedTuple):
    """The change from one version to the next.

    Attributes:
        change: Called with a body of the one version, which it may modify; returns the body of the next version.
        types: The types of the events that it changes; None for all. The bodies of other types are the same in both
            versions.
        source: The source of the events that it changes; None for all.
    """

    change: Callable[[dict[str, Any]], dict[str, Any]]
    types: tuple[str, ...] | None = None
    source: str | None = None

    def concerns(self, kind: object, source: str) -> bool:
        """Return whether the step changes the bodies of events of type *kind* from *source*."""
        return (self.types is None or kind in self.types) and self.source in (None, source)


# The beginnings of the causes that version 1 recorded, and their kinds in version 2.
_CAUSES = (
    (re.compile(r"The event queue cannot be created"), NOT_CREATED),
    (re.compile(r"The child was given no queue|AUDIT_QUEUE_KEY is not a key"), NOT_GIVEN),
    (re.compile(r"The event queue at .* cannot be reached: digest (sent was rejected|received was wrong)"), REFUSED),
    (re.compile(r"The event queue at "), NOT_REACHED),
    (re.compile(r"the queue took and confirmed nothing|the queue broke: TimeoutError"), STALLED),
    (re.compile(r"the queue broke"), BROKE),
)


def _give_fallback_a_kind(wire: dict[str, Any]) -> dict[str, Any]:
    cause = str(wire.get("cause", ""))
    wire.setdefault("kind", next((kind for pattern, kind in _CAUSES if pattern.match(cause)), OTHER))
    return wire


STEPS: list[Step] = [Step(_give_fallback_a_kind, (IpcFellBack.type,), RECORDER)]


def current_version() -> int:
    """Return the version of the bodies that this VERITAS writes."""
    return 1 + len(STEPS)


def upcast(wire: dict[str, Any], version: int, source: str) -> dict[str, Any]:
    """Return *wire*, a body of the given version from *source*, as one of the current version."""
    for step in _steps_from(version):
        if step.concerns(wire.get("type", "progress"), source):
            wire = step.change(wire)
    return wire


def is_current(kind: str | None, version: int, source: str) -> bool:
    """Return whether a body of this version, type and source has the current form already."""
    return not any(step.concerns(kind, source) for step in _steps_from(version))


def _steps_from(version: int) -> list[Step]:
    return STEPS[max(version, 1) - 1 :]
