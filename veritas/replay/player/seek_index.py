"""One or several recorded runs laid out in time, and what was known at any place of them.

A place is how many events have come. Of each event the reel keeps when it is due and where the log has it; of every
thousandth place, the states there and what was told last. What was known elsewhere is made from those, with the events
behind them read again.
"""

from __future__ import annotations

import heapq
import math
from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import is_numbered
from veritas.projections.client_messages import ClientMessages
from veritas.replay.player.frame import LINES_KEPT, Scene, SceneReader, Snapshot, Source, lines_told
from veritas.replay.timeline import Offsets, Schedule

_SNAPSHOT_EVERY = 1000


class Reel:
    """Runs side by side, as if all had begun at the same moment.

    Attributes:
        growing: Whether more may come than the log has.
        complete: Whether everything has been read that there will ever be.
        dues: When each event is due, in recorded seconds with the pauses cut.
        shown: The events that are told, by their indices; the others only count in the states.
        phases: The events with which a phase begins, by their indices.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        wanted: Callable[[RecordedEvent], bool] = lambda recorded: True,
        idle_limit: float = math.inf,
        over: Callable[[], bool] | None = None,
    ) -> None:
        """Make a reel that has nothing on it yet; see `load`.

        Args:
            sources: The runs.
            wanted: Whether an event is to be told.
            idle_limit: The longest pause between two of those, in seconds.
            over: Whether nothing will come any more. It is asked when all is read that the log has, and what came
                before it says so is read as well; None where nothing comes.
        """
        self.growing = over is not None
        self.complete = False
        self.dues = array("d")
        self.shown = array("q")
        self.phases = array("q")
        self._sources = sources
        self._wanted = wanted
        self._over = over
        self._schedule = Schedule(idle_limit=idle_limit)
        self._offsets = array("d")
        self._positions = array("q")
        self._runs = array("H")
        self._fronts = [_Front() for _ in sources]
        self._snapshots = [[front.snapshot() for front in self._fronts]]
        self._incoming = self._read()
        self._place = 0  # to which the readers have read
        self._readers: list[SceneReader] = []
        self._rewind(0)

    def __len__(self) -> int:
        return len(self.dues)

    @property
    def duration(self) -> float:
        """The offset of the last event read so far."""
        return self._offsets[-1] if self._offsets else 0.0

    def load(self, enough: Callable[[], bool]) -> bool:
        """Read on until that is enough; return whether that came before the end of what there is now."""
        for offset, run, recorded in self._incoming:
            self._take(offset, run, recorded)
            if enough():
                return True
        if self._over is None:
            self.growing, self.complete = False, True
        else:
            self._over = None if self._over() else self._over
            self._incoming = self._read()
        return False

    def place_of(self, begin: float, positions: Sequence[int]) -> int:
        """Return how many events come before *begin*, an offset, or at it and not behind *positions*, one a run."""
        place = bisect_left(self._offsets, begin)
        while place < len(self) and self._offsets[place] <= begin:
            if self._positions[place] > positions[self._runs[place]]:
                break
            place += 1
        return place

    def due_at(self, offset: float) -> float:
        """Return when it is time for what happened at an offset."""
        place = bisect_right(self._offsets, offset)
        if not place:
            return 0.0
        due = self.dues[place - 1] + offset - self._offsets[place - 1]
        return min(due, self.dues[place]) if place < len(self) else self.dues[place - 1]

    def offset_at(self, due: float, place: int) -> float:
        """Return the offset that is reached so long after the beginning, at *place*."""
        if not place:
            return 0.0
        offset = self._offsets[place - 1] + max(due - self.dues[place - 1], 0.0)
        return min(offset, self._offsets[min(place, len(self) - 1)])

    def scenes(self, place: int) -> list[Scene]:
        """Return what was known of each run when so many events had come."""
        if not self._place <= place <= self._place + _SNAPSHOT_EVERY:
            self._rewind(place)
        for index in range(self._place, place):
            reader = self._readers[self._runs[index]]
            reader.read(self._positions[index])
            reader.tell(self._offsets[index], self._wanted)
        self._place = place
        if place == len(self):  # what two transports delivered may come again behind the last event
            for reader, front in zip(self._readers, self._fronts, strict=True):
                reader.read(front.client.state.position)
        return [reader.scene for reader in self._readers]

    def _read(self) -> Iterator[tuple[float, int, RecordedEvent]]:
        def of_run(run: int) -> Iterator[tuple[float, int, RecordedEvent]]:
            front = self._fronts[run]
            for recorded in self._sources[run](front.client.state.position):
                yield front.clock.of(recorded), run, recorded

        return heapq.merge(*(of_run(run) for run in range(len(self._sources))), key=itemgetter(0))

    def _take(self, offset: float, run: int, recorded: RecordedEvent) -> None:
        front = self._fronts[run]
        repeated = is_numbered(recorded) and recorded.seq in front.client.state.seen
        messages = front.client.fold(recorded)
        if repeated:
            return
        wanted = self._wanted(recorded)
        if wanted:
            self.shown.append(len(self))
            front.last.append((offset, recorded, messages))
        if any(message["type"] == "phase_start" for message in messages):
            self.phases.append(len(self))
        self._offsets.append(offset)
        self._positions.append(recorded.position)
        self._runs.append(run)
        self.dues.append(self._schedule.due(offset, shown=wanted))
        if len(self) % _SNAPSHOT_EVERY == 0:
            self._snapshots.append([front.snapshot() for front in self._fronts])

    def _rewind(self, place: int) -> None:
        """Begin to read again at the last snapshot that is not behind *place*."""
        at = place // _SNAPSHOT_EVERY
        self._place = at * _SNAPSHOT_EVERY
        self._readers = [SceneReader(*kept) for kept in zip(self._sources, self._snapshots[at], strict=True)]


class _Front:
    """How far a run has been read.

    Attributes:
        client: The fold up to there.
        clock: Tells the next event's offset.
        last: The last events that are to be told: their offsets, and the messages that they gave rise to.
    """

    def __init__(self) -> None:
        self.client = ClientMessages()
        self.clock = Offsets()
        self.last: deque[tuple[float, RecordedEvent, list[dict[str, Any]]]] = deque(maxlen=LINES_KEPT)
        self._kept: Snapshot | None = None  # the last one

    def snapshot(self) -> Snapshot:
        """Return what is known there, for good."""
        lines = [line for told in self.last for line in lines_told(*told)]
        self._kept = Snapshot.of(self.client.state, lines, self._kept)
        return self._kept
