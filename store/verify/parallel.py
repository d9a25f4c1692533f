"""Check a long log in segments, two at a time if there is a second processor.

Reading and hashing take about 6 µs an event in one process, half of it in code that holds the interpreter's lock. So a
second process, and not a second thread, checks some of the segments. A segment begins in the middle of runs, so the
process reads their last hashes from the log; the check of the segment before verifies those. The second process takes
.27 s to start, and this process begins meanwhile.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache

from store.backends.base import HASH, Database
from store.backends.connect import find_database
from store.proofs.merkle import root
from store.proofs.stored_tree import BLOCK
from store.read_model.prefilter import Prefilter, SkippedEvents
from store.records import StoredEvent
from store.verify.artifacts import ArtifactCheck, MediaType
from store.verify.chain import ChainCheck
from store.verify.chain_break import missing
from store.verify.fault import Fault

_EVENTS = 32 * BLOCK  # in a segment; their hashes take a quarter of a megabyte
_IN_ADVANCE = 2  # segments that are submitted to the other process, so that it never waits for work
_MOST_AHEAD = 6  # segments that are checked or submitted before the first of them is yielded
_WORTH_A_PROCESS = 60_000  # events; starting the process takes as long as checking half of them
_MOST_CARRIED = 2_000_000  # bytes of a prefiltered segment; carrying more to the parent process saves nothing
_SIZE = 400  # bytes that an event is assumed to need in addition to its body


@dataclass(frozen=True, slots=True)
class Segment:
    """The result of checking a segment of the log.

    Attributes:
        hashes: The hashes of its events, up to the first that is not as it was recorded.
        roots: The roots of the tree's complete blocks in it.
        prefiltered: Those events, prefiltered for the read model; None if they are too large to be carried.
        fault: The first thing that is wrong, or None.
    """

    hashes: list[bytes]
    roots: list[bytes]
    prefiltered: list[StoredEvent | SkippedEvents] | None
    fault: Fault | None


def check_segments(
    database: Database, head: int, media_type: MediaType | None, prefilter: Prefilter | None
) -> Iterator[Segment]:
    """Check a log's first *head* events, and yield its segments in order."""
    starts = range(0, head, _EVENTS)  # not a list, because a forged position can be arbitrarily large
    if head < _WORTH_A_PROCESS or _processors() < 2:
        check = ChainCheck(database, ArtifactCheck(database, media_type))
        return (_check(check, min(start + _EVENTS, head), prefilter) for start in starts)
    return _check_by_two(database, starts, head, media_type, prefilter)


def _check_by_two(
    database: Database, starts: range, head: int, media_type: MediaType | None, prefilter: Prefilter | None
) -> Iterator[Segment]:
    """Check segments in this process and in another one; the next segment goes to the process that is free."""
    artifacts = ArtifactCheck(database, media_type)
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_belong_to_the_parent)
    started: dict[int, Segment | Future[Segment]] = {}  # by number, without those that were yielded

    def check_here(number: int) -> Segment:
        start = starts[number]
        return _check(ChainCheck(database, artifacts, after=start), min(start + _EVENTS, head), prefilter)

    def submit(number: int) -> Future[Segment] | None:
        start = starts[number]
        try:
            return pool.submit(
                _check_there, database.location, start, min(start + _EVENTS, head), media_type, prefilter
            )
        except BrokenProcessPool:
            return None

    try:
        following = 0
        for number in range(len(starts)):
            last = min(len(starts), number + _MOST_AHEAD)
            while following < last and not _is_done(started.get(number)):
                waiting = sum(not _is_done(segment) for segment in started.values())
                future = submit(following) if waiting < _IN_ADVANCE else None
                started[following] = future or check_here(following)
                following += 1
            segment = started.pop(number)
            if isinstance(segment, Segment):
                yield segment
                continue
            try:
                yield segment.result()
            except BrokenProcessPool:  # it could not be started, or was killed
                yield check_here(number)
    finally:
        pool.shutdown(cancel_futures=True)


def _is_done(segment: Segment | Future[Segment] | None) -> bool:
    return isinstance(segment, Segment) or (segment is not None and segment.done())


def _check_there(
    location: str, start: int, stop: int, media_type: MediaType | None, prefilter: Prefilter | None
) -> Segment:
    """Check a segment in the other process."""
    database = _open(location)
    return _check(ChainCheck(database, ArtifactCheck(database, media_type), after=start), stop, prefilter)


@cache
def _open(location: str) -> Database:
    return find_database(location)


def _check(check: ChainCheck, stop: int, prefilter: Prefilter | None) -> Segment:
    hashes: list[bytes] = []
    prefiltered: list[StoredEvent | SkippedEvents] = []
    size = 0
    for page in check.pages(stop):
        hashes += [row[HASH] for row in page]
        if prefilter is not None and size <= _MOST_CARRIED:
            events = prefilter(page)
            size += sum(
                _SIZE if isinstance(event, SkippedEvents) else _SIZE + len(event.body or b"") for event in events
            )
            prefiltered += events
    roots = [root(hashes[start : start + BLOCK]) for start in range(0, len(hashes) - BLOCK + 1, BLOCK)]
    fault = check.fault
    if fault is None and check.position < stop:  # the check of the next segment would not notice
        fault = missing(check.position + 1, stop + 1)
    return Segment(hashes, roots, prefiltered if size <= _MOST_CARRIED else None, fault)


def _belong_to_the_parent() -> None:
    """Ignore interrupts, which the parent process handles, and exit when it ends for any reason."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # this runs in a child process
    parent.join()
    os._exit(1)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
