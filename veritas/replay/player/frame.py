"""What was known of a run at some place of it: its state, and what was told last."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any, Self

from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState
from veritas.projections.client_messages import ClientMessages
from veritas.replay.formats.terminal import lines_of


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what was told.

    Attributes:
        offset: Seconds after its run began.
        text: What is told; harmless to a terminal.
    """

    offset: float
    text: str


def lines_told(offset: float, recorded: RecordedEvent, messages: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Yield the lines of an event that gave rise to *messages*."""
    for text in lines_of(recorded, messages):
        yield Line(offset, text)


_LISTS = tuple(field.name for field in fields(AuditState) if field.default_factory is list)
_CHUNK = 256  # items that two snapshots share, or not

Chunks = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a run at a place, and what was told last.

    What a run collects only grows, and a long one is kept at a thousand places: the part of a list that a snapshot has
    in common with the one before it is kept once for both.
    """

    lines: Sequence[Line]
    _rest: AuditState  # without its lists
    _lists: Mapping[str, Chunks]

    @classmethod
    def of(cls, state: AuditState, lines: Sequence[Line], before: Self | None = None) -> Self:
        """Return a snapshot that nothing changes; *before* is the run's last one."""
        known: Mapping[str, Chunks] = {} if before is None else before._lists
        lists = {name: _shared(getattr(state, name), known.get(name, ())) for name in _LISTS}
        return cls(lines, _with(state, dict.fromkeys(_LISTS, ())), lists)

    @property
    def state(self) -> AuditState:
        """The state, to be folded further."""
        return _with(self._rest, {name: chain.from_iterable(chunks) for name, chunks in self._lists.items()})


def _with(state: AuditState, lists: Mapping[str, Iterable[Any]]) -> AuditState:
    """Return a copy of a state, with other lists."""
    others: dict[str, Any] = {name: [*items] for name, items in lists.items()}
    return replace(state, **others).copy()


def _shared(items: Sequence[Any], before: Chunks) -> Chunks:
    """Return a list in chunks, and in the place of each that is as it was before that one itself."""
    chunks = [tuple(items[at : at + _CHUNK]) for at in range(0, len(items), _CHUNK)]
    return tuple(old if old == new else new for old, new in zip(before, chunks, strict=False)) + tuple(
        chunks[len(before) :]
    )


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
