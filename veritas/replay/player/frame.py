"""Frame and Snapshot: a run's state at one index of the replay, and the last lines shown there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Any, Self

from veritas.events.json import as_mapping, as_text
from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState
from veritas.projections.client_messages import ClientMessages
from veritas.projections.findings import severity_of
from veritas.replay.formats.terminal import lines_of

LINES_KEPT = 200  # more than any screen has

# Reads from the log a run's events after a position, in the log's order.
Source = Callable[[int], Iterable[RecordedEvent]]

_LISTS = tuple(field.name for field in fields(AuditState) if field.default_factory is list)
_CHUNK = 256  # items that two snapshots share, or not
_Chunks = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line that a terminal shows.

    Attributes:
        offset: Seconds after its run began.
        text: The text; harmless to a terminal.
        kind: The type of the client message that it describes; `recorder` for one of the recorder's own events.
        level: The severity of a finding, the risk level of a verdict, the status of an ended audit, or the type of a
            recorder's event; "" for others.
    """

    offset: float
    text: str
    kind: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A run's state at an index, valid until the next index is asked for.

    Attributes:
        state: The run's state.
        lines: The last lines shown, the newest at the end.
    """

    state: AuditState
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run's state at an index, and the last lines shown there.

    A run's lists only grow, and a long run has a thousand snapshots: the part of a list that a snapshot has in common
    with the previous one is kept once for both.
    """

    lines: Sequence[Line]
    _rest: AuditState  # without its lists
    _lists: Mapping[str, _Chunks]

    @classmethod
    def of(cls, state: AuditState, lines: Sequence[Line], before: Self | None = None) -> Self:
        """Return a snapshot of *state*, independent of later changes; *before* is the run's previous snapshot."""
        known: Mapping[str, _Chunks] = {} if before is None else before._lists
        lists = {name: _shared(getattr(state, name), known.get(name, ())) for name in _LISTS}
        return cls(lines, _with_lists(state, dict.fromkeys(_LISTS, ())), lists)

    @property
    def state(self) -> AuditState:
        """A copy of the state, to which further events can be applied."""
        return _with_lists(self._rest, {name: chain.from_iterable(chunks) for name, chunks in self._lists.items()})


class FrameReader:
    """Reads a run again, starting at a snapshot."""

    def __init__(self, source: Source, snapshot: Snapshot) -> None:
        self._client = ClientMessages(snapshot.state)
        self._lines = deque(snapshot.lines, maxlen=LINES_KEPT)
        self._source = source
        self._events: Iterator[RecordedEvent] | None = None
        self._next: RecordedEvent | None = None
        self._latest: tuple[RecordedEvent, list[dict[str, Any]]] | None = None

    @property
    def frame(self) -> Frame:
        """The frame after the last event read, valid until the next one is read."""
        return Frame(self._client.state, self._lines)

    def read(self, position: int) -> None:
        """Apply the events up to *position*."""
        while self._client.state.position < position:
            if self._next is None:
                self._events = self._events or iter(self._source(self._client.state.position))
                self._next = next(self._events, None)
                if self._next is None:  # the end of the log when the source was called
                    self._events = None
                    return
            if self._next.position > position:
                return
            recorded, self._next = self._next, None
            self._latest = recorded, self._client.fold(recorded)

    def show(self, offset: float, wanted: Callable[[RecordedEvent], bool]) -> None:
        """Append the last event's lines if the event is wanted."""
        self._lines.extend(self.latest_lines(offset, wanted))

    def latest_lines(self, offset: float, wanted: Callable[[RecordedEvent], bool]) -> list[Line]:
        """Return the last event's lines; none if the event is not wanted."""
        if self._latest is None or not wanted(self._latest[0]):
            return []
        return [*event_lines(offset, *self._latest)]


def event_lines(offset: float, recorded: RecordedEvent, messages: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Yield the lines of an event; *messages* are those that result from it."""
    kinds = [(str(message["type"]), _level(message)) for message in messages] or [("recorder", recorded.event.type)]
    for text, (kind, level) in zip(lines_of(recorded, messages), kinds, strict=False):
        yield Line(offset, text, kind, level)


def _level(message: Mapping[str, Any]) -> str:
    match message:
        case {"type": "finding", "finding": finding}:
            return severity_of(as_mapping(finding))
        case {"type": "audit_result", "result": result}:
            return as_text(as_mapping(result).get("risk_level")) or ""
        case {"status": status}:
            return str(status)
        case _:
            return ""


def _with_lists(state: AuditState, lists: Mapping[str, Iterable[Any]]) -> AuditState:
    """Return a copy of a state, with other lists."""
    others: dict[str, Any] = {name: [*items] for name, items in lists.items()}
    return replace(state, **others).copy()


def _shared(items: Sequence[Any], before: _Chunks) -> _Chunks:
    """Return a list in chunks; a chunk equal to the one at the same index of *before* is that same object."""
    chunks = [tuple(items[at : at + _CHUNK]) for at in range(0, len(items), _CHUNK)]
    return tuple(old if old == new else new for old, new in zip(before, chunks, strict=False)) + tuple(
        chunks[len(before) :]
    )
