"""Recordings: runs as the player shows them, which are kept while they grow, so that each event is folded once.

A run is read from the log only as far as its events are asked for, so the first part of a long run costs no more than
that of a short one.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

from veritas.archive.archive import Archive
from veritas.events.recorder_events import ObservationRedacted, RunArchived
from veritas.player.recording import Recording
from veritas.report.notes import notes_of
from veritas.report.run import ReportedRun
from veritas.report.verdict import Heading, heading_of

MOST_EVENTS = 50_000  # of all recordings that are kept, about 1 kB each; the one that was asked for last is kept anyway
_REMOVALS = (ObservationRedacted.type, RunArchived.type)


class Part(NamedTuple):
    """Some events of a run, and what the events that were read so far say of the run.

    The last part, which none follows, says it of all that are recorded now.

    Attributes:
        heading: The result of the run.
        notes: What went wrong, in sentences.
        ended: Whether the run has ended.
        events: The events, as `Recording.part` has them.
        patches: Their patches of the state, each as a text of JSON.
        following: The position of the last of these events if there are further ones; None if not.
        messages: How many messages of the run's stream come from the events that were read so far.
        removal: The position of the last event that removed something from the run; 0 without one.
    """

    heading: Heading
    notes: Sequence[str]
    ended: bool
    events: dict[str, Any]
    patches: Sequence[str]
    following: int | None
    messages: int
    removal: int


class _Run:
    """A run that is kept; its lock is held while it is read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._begin(0)

    def _begin(self, removal: int) -> None:
        self.removal = removal  # the position of the last event that removed something from the run
        self.recording = Recording()

    def read(self, archive: Archive, run_id: str, *, after: int, limit: int) -> None:
        """Append what is new in the log, up to the first event that follows *limit* events after a position.

        What was removed from the log is not kept.
        """
        while True:
            removal = _last_removal(archive, run_id)
            if removal != self.removal:
                self._begin(removal)
            positions = self.recording.columns.position
            wanted = limit + 1 - (len(positions) - bisect_right(positions, after))
            events = archive.events(run_id, after=self.recording.state.position)
            while wanted > 0 and (recorded := next(events, None)) is not None:
                self.recording.apply(recorded)
                wanted -= recorded.position > after
            if _last_removal(archive, run_id) == removal:  # nothing was removed after it was read
                return

    def part(self, after: int, limit: int) -> Part:
        """Return at most *limit* events after a position."""
        recording = self.recording
        positions = recording.columns.position
        first = bisect_right(positions, after)
        stop = min(first + limit, len(positions))
        return Part(
            heading=heading_of(ReportedRun(recording.state)),
            notes=notes_of(recording.state),
            ended=recording.state.ended,
            events=recording.part(first, stop),
            patches=[patch.decode() for patch in recording.patches[first:stop]],
            following=positions[stop - 1] if stop < len(positions) else None,
            messages=recording.messages,
            removal=self.removal,
        )


class Recordings:
    """The recordings of one log; any number of threads may read them."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._runs: OrderedDict[str, _Run] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many recordings are kept."""
        return len(self._runs)

    def part(self, run_id: str, *, after: int, limit: int) -> Part:
        """Return at most *limit* events of an existing run after a position.

        Raises:
            store.errors.StoreError: The log cannot be read.
        """
        with self._lock:
            run = self._runs.setdefault(run_id, _Run())
            self._runs.move_to_end(run_id)
        with run.lock:
            run.read(self._archive, run_id, after=after, limit=limit)
            part = run.part(after, limit)
        self._drop_oldest()
        return part

    def clear(self) -> None:
        """Keep none of them."""
        with self._lock:
            self._runs.clear()

    def _drop_oldest(self) -> None:
        with self._lock:
            events = sum(len(run.recording.patches) for run in self._runs.values())
            while events > MOST_EVENTS and len(self._runs) > 1:
                _, run = self._runs.popitem(last=False)
                events -= len(run.recording.patches)


def _last_removal(archive: Archive, run_id: str) -> int:
    return max((each.position for each in archive.recorder_events(*_REMOVALS, run_id=run_id)), default=0)
