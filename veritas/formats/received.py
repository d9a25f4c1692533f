"""Of a run's events, those that still have their bytes, for whatever takes events as a child sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.formatting import count

_MOST_NAMED = 20


def with_bytes(events: Iterable[TimedEvent], *, warn: Callable[[str], None]) -> Iterator[RecordedEvent]:
    """Yield the events whose bytes are in the log; which of the child's had to be left out is said at the end."""
    removed: list[str] = []
    absent = 0
    for _, recorded in events:
        if recorded.body is not None:
            yield recorded
        elif recorded.source != "recorder":
            absent += 1
            if len(removed) < _MOST_NAMED:
                removed.append(str(recorded.seq))
    if absent:
        named = ", ".join(removed) + (", …" if absent > len(removed) else "")
        warn(f"Left out {count(absent, 'event')} whose bytes were removed from the log: {named}.")
