"""Checking a long log in stretches, two at a time where there is a second processor.

Hashing and reading take about 6 µs an event in one process, half of it in code that holds the interpreter's lock. So a
second process, and not a second thread, checks some of the stretches. It begins in the middle of runs, and reads their
last hashes from the log: those are checked by whoever checks the stretch before. It takes .27 s to start, in
which the first goes ahead.
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
from store.read_model.skim import Passed, Skim
from store.records import StoredEvent
from store.verify.artifacts import ArtifactCheck, MediaType
from store.verify.chain import ChainCheck
from store.verify.chain_break import missing
from store.verify.fault import Fault

_EVENTS = 32 * BLOCK  # in a stretch; its hashes come to a quarter of a megabyte
_IN_ADVANCE = 2  # stretches that the other process is given, so that there is always something to do there
_MOST_AHEAD = 6  # stretches that are checked, or given away, before the first of them is yielded
_WORTH_A_PROCESS = 60_000  # events; to start one takes as long as to check half of them
_MOST_CARRIED = 2_000_000  # bytes that a stretch has left when it is skimmed: beyond, to carry them saves nothing
_SIZE = 400  # bytes that each is taken to need beside its body


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the check of a stretch came to.

    Attributes:
        hashes: The hashes of its events, up to the first that is not as it was recorded.
        roots: The roots of the tree's complete blocks in it.
        skimmed: Those events, skimmed for the read model; None where that is too much to be carried.
        fault: The first thing that is wrong, or None.
    """

    hashes: list[bytes]
    roots: list[bytes]
    skimmed: list[StoredEvent | Passed] | None
    fault: Fault | None


def check_stretches(
    database: Database, head: int, media_type: MediaType | None, skim: Skim | None
) -> Iterator[Stretch]:
    """Check a log's first *head* events, and yield its stretches in order."""
    starts = range(0, head, _EVENTS)  # and no list: a position can be as large as somebody made it
    if head < _WORTH_A_PROCESS or _processors() < 2:
        check = ChainCheck(database, ArtifactCheck(database, media_type))
        return (_checked(check, min(start + _EVENTS, head), skim) for start in starts)
    return _check_by_two(database, starts, head, media_type, skim)


def _check_by_two(
    database: Database, starts: range, head: int, media_type: MediaType | None, skim: Skim | None
) -> Iterator[Stretch]:
    """Check stretches here and in another process, where whoever is free takes the next."""
    artifacts = ArtifactCheck(database, media_type)
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_belong_to_the_parent)
    begun: dict[int, Stretch | Future[Stretch]] = {}  # by number; what was yielded is dropped

    def here(number: int) -> Stretch:
        start = starts[number]
        return _checked(ChainCheck(database, artifacts, after=start), min(start + _EVENTS, head), skim)

    def submit(number: int) -> Future[Stretch] | None:
        start = starts[number]
        try:
            return pool.submit(_there, database.location, start, min(start + _EVENTS, head), media_type, skim)
        except BrokenProcessPool:
            return None

    try:
        following = 0
        for number in range(len(starts)):
            last = min(len(starts), number + _MOST_AHEAD)
            while following < last and not _is_done(begun.get(number)):
                waiting = sum(not _is_done(stretch) for stretch in begun.values())
                future = submit(following) if waiting < _IN_ADVANCE else None
                begun[following] = future or here(following)
                following += 1
            stretch = begun.pop(number)
            if isinstance(stretch, Stretch):
                yield stretch
                continue
            try:
                yield stretch.result()
            except BrokenProcessPool:  # it could not be started, or was killed
                yield here(number)
    finally:
        pool.shutdown(cancel_futures=True)


def _is_done(stretch: Stretch | Future[Stretch] | None) -> bool:
    return isinstance(stretch, Stretch) or (stretch is not None and stretch.done())


def _there(location: str, start: int, stop: int, media_type: MediaType | None, skim: Skim | None) -> Stretch:
    database = _opened(location)
    return _checked(ChainCheck(database, ArtifactCheck(database, media_type), after=start), stop, skim)


@cache
def _opened(location: str) -> Database:
    return find_database(location)


def _checked(check: ChainCheck, stop: int, skim: Skim | None) -> Stretch:
    hashes: list[bytes] = []
    skimmed: list[StoredEvent | Passed] = []
    size = 0
    for page in check.pages(stop):
        hashes += [row[HASH] for row in page]
        if skim is not None and size <= _MOST_CARRIED:
            some = skim(page)
            size += sum(_SIZE if isinstance(event, Passed) else _SIZE + len(event.body or b"") for event in some)
            skimmed += some
    roots = [root(hashes[start : start + BLOCK]) for start in range(0, len(hashes) - BLOCK + 1, BLOCK)]
    fault = check.fault
    if fault is None and check.position < stop:  # where the next stretch begins, nobody would miss it
        fault = missing(check.position + 1, stop + 1)
    return Stretch(hashes, roots, skimmed if size <= _MOST_CARRIED else None, fault)


def _belong_to_the_parent() -> None:
    """Leave interrupts to the parent process, and end when it does, however that is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # this runs in a process that it started
    parent.join()
    os._exit(1)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
