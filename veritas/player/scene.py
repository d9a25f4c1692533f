"""What was known of a run at some place of it: its state, and what was told last."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from veritas.events.recorded import RecordedEvent
from veritas.player.line import Line, lines_told
from veritas.player.snapshot import Snapshot
from veritas.projections.audit_state import AuditState
from veritas.projections.client_messages import ClientMessages

LINES_KEPT = 200  # more than any screen has

# From the log: a run's events, in its order, behind a position.
Source = Callable[[int], Iterable[RecordedEvent]]


@dataclass(frozen=True, slots=True)
class Scene:
    """What was known of a run at a place, good until the next place is asked for.

    Attributes:
        state: The run's state.
        lines: What was told last, the newest at the end.
    """

    state: AuditState
    lines: Sequence[Line]


class SceneReader:
    """Reads a run again from a snapshot on."""

    def __init__(self, source: Source, snapshot: Snapshot) -> None:
        self._client = ClientMessages(snapshot.state)
        self._lines = deque(snapshot.lines, maxlen=LINES_KEPT)
        self._source = source
        self._events: Iterator[RecordedEvent] | None = None
        self._next: RecordedEvent | None = None
        self._latest: tuple[RecordedEvent, list[dict[str, Any]]] | None = None

    @property
    def scene(self) -> Scene:
        """What is known there, as long as nothing more is read."""
        return Scene(self._client.state, self._lines)

    def read(self, position: int) -> None:
        """Take in the events up to *position*."""
        while self._client.state.position < position:
            if self._next is None:
                self._events = self._events or iter(self._source(self._client.state.position))
                self._next = next(self._events, None)
                if self._next is None:  # all that there was when it was asked for
                    self._events = None
                    return
            if self._next.position > position:
                return
            recorded, self._next = self._next, None
            self._latest = recorded, self._client.fold(recorded)

    def tell(self, offset: float, wanted: Callable[[RecordedEvent], bool]) -> None:
        """Tell the event that was taken in last, if it is one to be told."""
        if self._latest is not None and wanted(self._latest[0]):
            self._lines.extend(lines_told(offset, *self._latest))
