"""The target log: a log to tamper with, which can be restored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from store.backends.base import COLUMNS
from store.log import Attachment, EventLog, Record, RunRow
from store.proofs.signed_note import SigningKey
from store.verify.fault import Fault
from tests.store.making import PNG, RUN, record
from tests.store.raw import Raw
from veritas.events.job import Job
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import (
    TEE,
    AuditRequested,
    ComparisonMade,
    DelayMeasured,
    EventsDropped,
    IpcFellBack,
    IpcModeSelected,
    ProcessExited,
    RecorderEvent,
    RunFinished,
    TransportMeasured,
)
from veritas.projections.run_summary import read_model_check, runs_of

OTHER_RUN = "vrts_00000000000000bb.1"
GIF = Attachment(b"GIF89a not really", "image/png")
HELD, COVERED, HEAD = 300, 520, 530  # numbers of events: under the older checkpoint, under the newer one, and of all

TABLES = {
    "event": (*COLUMNS.split(", "), "encoding"),
    "artifact": ("sha256", "media_type", "size", "bytes", "recorded_at"),
    "tree_node": ("level", "number", "hash"),
    "checkpoint": ("size", "public_key", "note"),
    "run": RunRow._fields,
    "read_model": ("name", "version", "position"),
}

# The recorder's events, by position; they fill every column of the run's row.
_RECORDER_EVENTS: dict[int, RecorderEvent] = {
    13: AuditRequested(
        "vrts_00000000000000aa",
        "http://shop.test/",
        "quick_scan",
        "record",
        ["child", "--site"],
        batch="btch_00000000000000aa",
        tags=["shops"],
        job=Job("17", "default", 1, "worker-1", "host.test"),
    ),
    15: IpcModeSelected("queue", "SPLIT", "queue-ipc", 0.04, 0.25, "stage 25%"),
    19: IpcFellBack("queue", "stdout", "broke", "the queue broke", last_confirmed=20, sent_again=2),
    21: EventsDropped([(30, 31)], 2),
    23: ProcessExited(0, 265, {"queue": 20, "stdout": 245}),
    25: TransportMeasured({"queue": DelayMeasured(20, 0.001, 0.002, 0.004, 0.008)}, {"queue": 1}, 0.25),
    27: ComparisonMade(TEE, equal=False, counts={"queue": 20, "stdout": 245}, differences=3),
    29: RunFinished("failed", "queue+stdout", "It broke."),
}
_FINDING = {"title": "The countdown begins again", "kind": "countdown_resets", "severity": "high"}
_VERDICT = {"trust_score": 44, "risk_level": "suspicious"}

Rows = list[tuple[Any, ...]]


def media_type(body: bytes, data: bytes) -> str:
    """Return the media type that every attachment here was stored with."""
    return "image/png"


class TargetLog:
    """A log of two interleaved runs with two checkpoints, which can be tampered with and restored.

    Attributes:
        key: The key that signed its checkpoints.
        kept: The newer checkpoint, as it was kept elsewhere.
    """

    def __init__(self, database: str) -> None:
        self.log = EventLog.open(database)
        self.raw = Raw(database)
        self.key, self.other_key = SigningKey.generate(), SigningKey.generate()
        self._append(1, HELD)
        self.log.checkpoint(self.key)
        self.fold()
        self.old = {table: self.rows(table) for table in TABLES}
        self._append(HELD + 1, COVERED)
        self.kept = self.log.checkpoint(self.key).note
        self._append(COVERED + 1, HEAD)
        self.fold()
        self.whole = {table: self.rows(table) for table in TABLES}
        self.raw.remove_guards()

    def verify(self, *, trusted: bool = False, kept: bool = False) -> Fault | None:
        """Return the fault that a verification finds, with or without trust in the key and the kept checkpoint."""
        return self.log.verify(
            trusted=[self.key.public_key] if trusted else (),
            checkpoints=[self.kept] if kept else (),
            media_type=media_type,
            read_model=read_model_check(self.log),
        ).fault

    def fold(self) -> None:
        """Rebuild the read models."""
        runs_of(self.log).rebuild(lambda done, total: None)

    def rows(self, table: str) -> Rows:
        """Return all rows of a table, in the order of its first columns."""
        columns = TABLES[table]
        rows = self.raw.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1, 2").fetchall()
        return [tuple(row) for row in rows]

    def replace(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Replace all rows of a table by *rows*."""
        columns = TABLES[table]
        self.raw.execute(f"DELETE FROM {table}")
        if table == "event" and not self.raw.is_postgresql:
            self.raw.execute("DELETE FROM sqlite_sequence WHERE name = 'event'")  # it records used positions
        marks = ", ".join("?" * len(columns))
        padded = [(*row, *(None,) * (len(columns) - len(row))) for row in rows]  # a forged event has no encoding
        self.raw.execute_many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", padded)

    def restore(self, tables: dict[str, Rows]) -> None:
        """Restore all tables to these rows."""
        for table, rows in tables.items():
            if self.rows(table) != rows:
                self.replace(table, rows)

    def close(self) -> None:
        """Close the log."""
        self.raw.close()
        self.log.close()

    def _append(self, first: int, last: int) -> None:
        self.log.append([_record(number) for number in range(first, last + 1)])


def _record(number: int) -> Record:
    run_id = RUN if number % 2 else OTHER_RUN
    if (event := _RECORDER_EVENTS.get(number)) is not None:
        body = event.encode(seq=number, timestamp=1_700_000_000.0 + number)
        return record(number, body, run_id=run_id, source="recorder", type=event.type, phase="", step="")
    if number == 17:
        body = encode_event(ProgressEvent(phase="judge", step="done", seq=number, summary=_VERDICT))
        return record(number, body, run_id=run_id, phase="judge", step="done")
    if number == 33:
        body = encode_event(ProgressEvent("finding", "vision", "finding", seq=number, extra={"finding": _FINDING}))
        return record(number, body, run_id=run_id, type="finding", phase="vision", step="finding")
    if number == 5:
        return record(number, b'{"seq":5,"detail":"%s"}' % (b"A long body is stored compressed. " * 30), artifact=PNG)
    return record(number, run_id=run_id, artifact={8: GIF}.get(number))
