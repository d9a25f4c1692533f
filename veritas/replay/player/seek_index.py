"""The seek index: one or several recorded runs laid out in time, with the state of each at any index.

An index is a number of events that have come. For each event the seek index keeps when it is due and its position in
the log; for every thousandth index it keeps a snapshot: the states there and the last lines shown. What is between two
snapshots is computed from the earlier one by reading the events after it again.
"""

from __future__ import annotations

import heapq
import math
from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import is_numbered
from veritas.projections.client_messages import ClientMessages
from veritas.replay.player.frame import LINES_KEPT, Frame, FrameReader, Line, Snapshot, Source, event_lines
from veritas.replay.timeline import Offsets, Schedule

_SNAPSHOT_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding in the recording.

    Attributes:
        index: The index of its event.
        run: The number of its run, from 0.
        line: The line that describes it.
    """

    index: int
    run: int
    line: Line


class SeekIndex:
    """Runs side by side, as if all had begun at the same time.

    Attributes:
        growing: Whether more events may be recorded.
        complete: Whether every event has been read that will ever be recorded.
        due_times: When each event is due, in recorded seconds with the pauses cut.
        visible: The indices of the events that are shown; the others only count in the states.
        phase_starts: The indices of the events with which a phase begins.
        findings: The findings, shown or not.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        wanted: Callable[[RecordedEvent], bool] = lambda recorded: True,
        idle_limit: float = math.inf,
        is_over: Callable[[], bool] | None = None,
    ) -> None:
        """Create an empty seek index; `load` fills it.

        Args:
            sources: The runs.
            wanted: Whether an event is to be shown.
            idle_limit: The longest pause between two events that are shown, in seconds.
            is_over: Whether the runs have ended. It is called when all events of the log have been read; events
                recorded before it returns true are still read. None if the runs do not grow.
        """
        self.growing = is_over is not None
        self.complete = False
        self.due_times = array("d")
        self.visible = array("q")
        self.phase_starts = array("q")
        self.findings: list[Finding] = []
        self._sources = sources
        self._wanted = wanted
        self._is_over = is_over
        self._schedule = Schedule(idle_limit=idle_limit)
        self._offsets = array("d")
        self._positions = array("q")
        self._runs = array("H")
        self._ends = [_End() for _ in sources]
        self._snapshots = [[end.snapshot() for end in self._ends]]
        self._incoming = self._read()
        self._index = 0  # up to which the readers have read
        self._readers: list[FrameReader] = []
        self._rewind(0)

    def __len__(self) -> int:
        return len(self.due_times)

    @property
    def duration(self) -> float:
        """The offset of the last event read so far."""
        return self._offsets[-1] if self._offsets else 0.0

    def load(self, enough: Callable[[], bool]) -> bool:
        """Read events until *enough* returns true or the log ends; return whether *enough* returned true."""
        for offset, run, recorded in self._incoming:
            self._append(offset, run, recorded)
            if enough():
                return True
        if self._is_over is None:
            self.growing, self.complete = False, True
        else:
            self._is_over = None if self._is_over() else self._is_over
            self._incoming = self._read()
        return False

    def index_at(self, begin: float, positions: Sequence[int]) -> int:
        """Return how many events are before *begin*, an offset, or at it and not after *positions*, one a run."""
        index = bisect_left(self._offsets, begin)
        while index < len(self) and self._offsets[index] <= begin:
            if self._positions[index] > positions[self._runs[index]]:
                break
            index += 1
        return index

    def due_at(self, offset: float) -> float:
        """Return the due time of an offset."""
        index = bisect_right(self._offsets, offset)
        if not index:
            return 0.0
        due = self.due_times[index - 1] + offset - self._offsets[index - 1]
        return min(due, self.due_times[index]) if index < len(self) else self.due_times[index - 1]

    def offset_at(self, due: float, index: int) -> float:
        """Return the offset of a due time, when *index* events have come."""
        if not index:
            return 0.0
        offset = self._offsets[index - 1] + max(due - self.due_times[index - 1], 0.0)
        return min(offset, self._offsets[min(index, len(self) - 1)])

    def frames(self, index: int) -> list[Frame]:
        """Return the frame of each run when *index* events have come."""
        if not self._index <= index <= self._index + _SNAPSHOT_EVERY:
            self._rewind(index)
        for at in range(self._index, index):
            reader = self._readers[self._runs[at]]
            reader.read(self._positions[at])
            reader.show(self._offsets[at], self._wanted)
        self._index = index
        if index == len(self):  # the other transport's deliveries may follow the last event
            for reader, end in zip(self._readers, self._ends, strict=True):
                reader.read(end.client.state.position)
        return [reader.frame for reader in self._readers]

    def search(self, text: str) -> Iterator[int]:
        """Yield the index of each shown event that has *text* in its lines, in upper or lower case."""
        wanted_text = text.casefold()
        readers = [FrameReader(*pair) for pair in zip(self._sources, self._snapshots[0], strict=True)]
        for at in range(len(self)):
            reader = readers[self._runs[at]]
            reader.read(self._positions[at])
            lines = reader.latest_lines(self._offsets[at], self._wanted)
            if any(wanted_text in line.text.casefold() for line in lines):
                yield at

    def _read(self) -> Iterator[tuple[float, int, RecordedEvent]]:
        def of_run(run: int) -> Iterator[tuple[float, int, RecordedEvent]]:
            end = self._ends[run]
            for recorded in self._sources[run](end.client.state.position):
                yield end.offsets.of(recorded), run, recorded

        return heapq.merge(*(of_run(run) for run in range(len(self._sources))), key=itemgetter(0))

    def _append(self, offset: float, run: int, recorded: RecordedEvent) -> None:
        end = self._ends[run]
        repeated = is_numbered(recorded) and recorded.seq in end.client.state.seen
        messages = end.client.fold(recorded)
        if repeated:
            return
        wanted = self._wanted(recorded)
        if wanted:
            self.visible.append(len(self))
            end.last.append((offset, recorded, messages))
        kinds = {message["type"] for message in messages}
        if "phase_start" in kinds:
            self.phase_starts.append(len(self))
        if "finding" in kinds:
            lines = event_lines(offset, recorded, messages)
            self.findings += [Finding(len(self), run, line) for line in lines if line.kind == "finding"]
        self._offsets.append(offset)
        self._positions.append(recorded.position)
        self._runs.append(run)
        self.due_times.append(self._schedule.due(offset, shown=wanted))
        if len(self) % _SNAPSHOT_EVERY == 0:
            self._snapshots.append([end.snapshot() for end in self._ends])

    def _rewind(self, index: int) -> None:
        """Start to read again at the last snapshot at or before *index*."""
        number = index // _SNAPSHOT_EVERY
        self._index = number * _SNAPSHOT_EVERY
        self._readers = [FrameReader(*pair) for pair in zip(self._sources, self._snapshots[number], strict=True)]


class _End:
    """The end of what has been read of a run.

    Attributes:
        client: The fold of the events up to there.
        offsets: Computes the next event's offset.
        last: The last events that are to be shown, each with its offset and the messages that result from it.
    """

    def __init__(self) -> None:
        self.client = ClientMessages()
        self.offsets = Offsets()
        self.last: deque[tuple[float, RecordedEvent, list[dict[str, Any]]]] = deque(maxlen=LINES_KEPT)
        self._last_snapshot: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """Return a snapshot that later events do not change."""
        lines = [line for event in self.last for line in event_lines(*event)]
        self._last_snapshot = Snapshot.of(self.client.state, lines, self._last_snapshot)
        return self._last_snapshot
