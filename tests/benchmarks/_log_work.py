"""The work that the benchmarks measure on a log: append events as the recorder does, and fill a log with runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import count

from store.log import EventLog, Record
from tests.benchmarks._channels_child import EVENT
from veritas.events.progress import ProgressEvent, decode_event, encode_event
from veritas.events.recorder_events import AuditRequested, RunFinished
from veritas.recording.run_writer import RunWriter

NOW = 1_700_000_000
TYPES = ("progress", EVENT["phase"], EVENT["step"])
RUN_EVENTS = 1_000  # of each run in a log that is filled; an audit of a few pages has about as many

Work = Callable[[], int]  # does the work, and returns the number of events

_numbers = count(1)


def new_run() -> str:
    """Return a run id that was not used before."""
    return f"vrts_{next(_numbers):016x}.1"


def body(seq: int) -> bytes:
    """Return the bytes of an event, 300 of them, as a child sends it."""
    return encode_event(ProgressEvent(**EVENT, timestamp=NOW + 0.1234567, seq=seq))


def records(run_id: str, first: int, number: int) -> list[Record]:
    """Return *number* records of a run; the first has the number *first*."""
    return [Record(run_id, "queue", seq, *TYPES, NOW * 1_000_000, body(seq)) for seq in range(first, first + number)]


def batches_of(run_id: str, size: int, batches: int) -> list[list[Record]]:
    """Return a run's records in batches."""
    return [records(run_id, 1 + size * number, size) for number in range(batches)]


def rate(work: Work) -> float:
    """Do the work, and return how many events per second it handles."""
    start = time.perf_counter()
    events = work()
    return events / (time.perf_counter() - start)


def append_work(log: EventLog, size: int, batches: int, *, with_row: bool = True, run_id: str | None = None) -> Work:
    """Return work that appends a run in batches, with its row of the read model, as the recorder does, or without."""
    run_id = run_id or new_run()
    record_batches = batches_of(run_id, size, batches)
    if with_row:
        return append_with_row_work(log, run_id, record_batches)
    return lambda: sum(len(log.append(batch)) for batch in record_batches)


def append_with_row_work(log: EventLog, run_id: str, batches: Sequence[Sequence[Record]]) -> Work:
    """Return work that appends batches as the recorder does, which has decoded each event already."""
    writer = RunWriter(log, run_id)
    decoded = [[(record, decode_event(record.body)) for record in batch] for batch in batches]

    def work() -> int:
        for batch in decoded:
            writer.append(batch)
        return sum(map(len, decoded))

    return work


def fill(log: EventLog, events: int) -> None:
    """Append runs to the log until it has so many events."""
    for _ in range(log.head(), events, RUN_EVENTS):
        append_work(log, RUN_EVENTS, 1)()


def fill_with_audits(log: EventLog, runs: int, at_once: int = 1_000) -> None:
    """Append runs with two events each, the request and the end; the read model is not updated."""
    finished = RunFinished("completed", "queue").encode(seq=2, timestamp=NOW + 60)
    for _ in range(0, runs, at_once):
        batch: list[Record] = []
        for run_id in (new_run() for _ in range(at_once)):
            requested = AuditRequested(run_id.removesuffix(".1"), "https://shop.example/", "standard", "audit")
            for seq, event_type, encoded in (
                (1, AuditRequested.type, requested.encode(seq=1, timestamp=NOW)),
                (2, RunFinished.type, finished),
            ):
                batch.append(Record(run_id, "recorder", seq, event_type, "", "", NOW * 1_000_000, encoded))
        log.append(batch)
