"""Checking a long log in stretches, two at a time where there is a second processor.

Hashing and reading take about 6 µs an event in one process, half of it in code that holds the interpreter's lock. So a
second process, and not a second thread, checks every other stretch. It begins in the middle of runs, and reads their
last hashes from the log: those are checked by whoever checks the stretch before.
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

from store.artifact_check import ArtifactCheck, MediaType
from store.chain_check import ChainCheck
from store.database import HASH, Database
from store.engine import find_database
from store.explanation import missing
from store.fault import Fault
from store.merkle import root
from store.tree import BLOCK

_EVENTS = 64 * BLOCK  # in a stretch; its hashes come to half a megabyte
_WORTH_A_PROCESS = 60_000  # events; to start one takes as long as to check half of them


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the check of a stretch came to.

    Attributes:
        hashes: The hashes of its events, up to the first that is not as it was recorded.
        roots: The roots of the tree's complete blocks in it.
        fault: The first thing that is wrong, or None.
    """

    hashes: list[bytes]
    roots: list[bytes]
    fault: Fault | None


def check_stretches(database: Database, head: int, media_type: MediaType | None) -> Iterator[Stretch]:
    """Check a log's first *head* events, and yield its stretches in order."""
    starts = range(0, head, _EVENTS)  # and no list: a position can be as large as somebody made it
    if head < _WORTH_A_PROCESS or _processors() < 2:
        check = ChainCheck(database, ArtifactCheck(database, media_type))
        return (_checked(check, min(start + _EVENTS, head)) for start in starts)
    return _check_by_two(database, starts, head, media_type)


def _check_by_two(database: Database, starts: range, head: int, media_type: MediaType | None) -> Iterator[Stretch]:
    """Check every other stretch here, and those between in another process."""
    artifacts = ArtifactCheck(database, media_type)
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_belong_to_the_parent)

    def here(start: int) -> Stretch:
        return _checked(ChainCheck(database, artifacts, after=start), min(start + _EVENTS, head))

    def submit(number: int) -> Future[Stretch] | None:
        if number >= len(starts):
            return None
        start = starts[number]
        try:
            return pool.submit(_there, database.location, start, min(start + _EVENTS, head), media_type)
        except BrokenProcessPool:
            return None

    try:
        waiting = submit(1)
        for number in range(0, len(starts), 2):
            following = submit(number + 3)  # so that there is always something to do there
            yield here(starts[number])
            if number + 1 < len(starts):
                try:
                    yield waiting.result() if waiting is not None else here(starts[number + 1])
                except BrokenProcessPool:  # it could not be started, or was killed
                    yield here(starts[number + 1])
            waiting = following
    finally:
        pool.shutdown(cancel_futures=True)


def _there(location: str, start: int, stop: int, media_type: MediaType | None) -> Stretch:
    database = _opened(location)
    return _checked(ChainCheck(database, ArtifactCheck(database, media_type), after=start), stop)


@cache
def _opened(location: str) -> Database:
    return find_database(location)


def _checked(check: ChainCheck, stop: int) -> Stretch:
    hashes = [row[HASH] for page in check.pages(stop) for row in page]
    roots = [root(hashes[start : start + BLOCK]) for start in range(0, len(hashes) - BLOCK + 1, BLOCK)]
    fault = check.fault
    if fault is None and check.position < stop:  # where the next stretch begins, nobody would miss it
        fault = missing(check.position + 1, stop + 1)
    return Stretch(hashes, roots, fault)


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
