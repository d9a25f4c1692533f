"""What the benchmark has a log do: append as the recorder does, and be full of runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import count

from store.log import EventLog, Record
from tests.benchmarks._channels_child import EVENT
from veritas.archive.run_writer import RunWriter
from veritas.events.progress import ProgressEvent, decode_event, encode_event
from veritas.events.recorder_events import AuditRequested, RunFinished

NOW = 1_700_000_000
TYPES = ("progress", EVENT["phase"], EVENT["step"])
RUN_EVENTS = 1_000  # that a run has in a log that is filled; an audit of a few pages has about as many

Work = Callable[[], int]  # does it, and returns with how many events

_numbers = count(1)


def new_run() -> str:
    """Return a run's id that was not there before."""
    return f"vrts_{next(_numbers):016x}.1"


def body(seq: int) -> bytes:
    """Return an event of 300 bytes, as a child sends it."""
    return encode_event(ProgressEvent(**EVENT, timestamp=NOW + 0.1234567, seq=seq))


def records(run_id: str, first: int, number: int) -> list[Record]:
    """Return *number* of a run's records, from number *first* on."""
    return [Record(run_id, "queue", seq, *TYPES, NOW * 1_000_000, body(seq)) for seq in range(first, first + number)]


def batches_of(run_id: str, size: int, batches: int) -> list[list[Record]]:
    """Return a run's records in batches."""
    return [records(run_id, 1 + size * number, size) for number in range(batches)]


def rate(work: Work) -> float:
    """Return how many events a second something deals with."""
    start = time.perf_counter()
    events = work()
    return events / (time.perf_counter() - start)


def appending(log: EventLog, size: int, batches_number: int, *, folded: bool = True, run_id: str | None = None) -> Work:
    """Append a run in batches; the read model takes it in, as with the recorder, or is left behind."""
    run_id = run_id or new_run()
    batches = batches_of(run_id, size, batches_number)

    if not folded:
        return lambda: sum(len(log.append(batch)) for batch in batches)
    return appending_with_row(log, run_id, batches)


def appending_with_row(log: EventLog, run_id: str, batches: Sequence[Sequence[Record]]) -> Work:
    """Append batch after batch as the recorder does, which has decoded each event before."""
    writer = RunWriter(log, run_id)
    decoded = [[(record, decode_event(record.body)) for record in batch] for batch in batches]

    def work() -> int:
        for batch in decoded:
            writer.append(batch)
        return sum(map(len, decoded))

    return work


def fill(log: EventLog, events: int) -> None:
    """Append runs to the log, until it has so many events."""
    for _ in range(log.head(), events, RUN_EVENTS):
        appending(log, RUN_EVENTS, 1)()


def fill_with_audits(log: EventLog, runs: int, at_once: int = 1_000) -> None:
    """Append runs that were requested and have finished, and nothing else; the read model is left behind."""
    finished = RunFinished("completed", "queue").encode(seq=2, timestamp=NOW + 60)
    for _ in range(0, runs, at_once):
        batch: list[Record] = []
        for run_id in (new_run() for _ in range(at_once)):
            requested = AuditRequested(run_id.removesuffix(".1"), "https://shop.example/", "standard", "audit")
            for seq, kind, wire in (
                (1, AuditRequested.type, requested.encode(seq=1, timestamp=NOW)),
                (2, RunFinished.type, finished),
            ):
                batch.append(Record(run_id, "recorder", seq, kind, "", "", NOW * 1_000_000, wire))
        log.append(batch)
