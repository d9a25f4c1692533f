"""The kept read models are what the events make of them, whatever happened and whoever wrote."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from store.errors import StoreFull
from store.log import Difference, EventLog, Fault, Observation, RunRow, RunUpdate, StoredEvent
from store.read_model import catch_up, compare, verify
from store.read_model.compare import RunComparison
from store.verify import chain, parallel
from store.verify.fault import READ_MODEL_DIFFERS
from tests.databases import database, postgresql, postgresql_schema, sqlite
from tests.histories import RUNS, Action, Recorders, histories
from tests.projections.recordings import requested, selected
from tests.store.making import record, records, redaction, redaction_records
from tests.store.raw import Raw, raw_connection
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import RunFinished
from veritas.projections.audit_state import AuditState
from veritas.projections.run_summary import RunSummary, read_model_check, runs_of, summary_version
from veritas.recording.recorder import RunRecorder

__all__ = ["database", "postgresql", "sqlite"]

RUN, OTHER, _ = RUNS
AUDIT = RUN.rpartition(".")[0]


@pytest.fixture
def log(database: str) -> Iterator[EventLog]:
    """Give an empty log, once on each backend."""
    with EventLog.open(database) as opened:
        yield opened


@pytest.fixture
def raw(log: EventLog, database: str) -> Iterator[Raw]:
    with raw_connection(database) as connection:
        yield connection


def kept(database: str) -> tuple[list[RunRow], Any]:
    """Return the table as it stands, and how far it says that it is."""
    with raw_connection(database) as raw:
        rows = raw.execute(f"SELECT {', '.join(RunRow._fields)} FROM run ORDER BY run_id").fetchall()
        return list(map(RunRow._make, rows)), raw.execute("SELECT name, version, position FROM read_model").fetchone()


def made(log: EventLog) -> list[RunRow]:
    """Return what all events make, folded run by run through `AuditState` alone."""
    archive, rows = Archive(log), []
    for run_id in sorted(log.runs()):
        events = list(archive.events(run_id))
        summary = RunSummary(run_id)
        summary._state, summary._first = AuditState.of(events), events[0].position
        summary._count_findings()
        rows.append(summary.row())
    return rows


def difference(log: EventLog, run_id: str | None = None) -> Difference | None:
    """Return how the table differs from the events; a verification, which checks them along, says the same."""
    found = runs_of(log).difference(run_id)
    fault = log.verify(run_id, read_model=read_model_check(log)).fault
    assert fault == (found and Fault(None, found.run_id, READ_MODEL_DIFFERS, found.detail))
    return found


def is_right_along_with_the_events(log: EventLog, progress: Callable[[int, int], None] = lambda *_: None) -> bool:
    """Tell whether a verification finds all rows right without reading the events a second time."""
    with pytest.MonkeyPatch.context() as patch:
        looked_closer = []
        patch.setattr(RunComparison, "run", lambda *_: looked_closer.append(True))
        assert log.verify(read_model=read_model_check(log), progress=progress).fault is None
        return not looked_closer


def finding(seq: int, **fields: Any) -> bytes:
    extra = {"finding": {"title": "t"}}
    return encode_event(ProgressEvent("finding", "vision", "finding", seq=seq, timestamp=1.5, extra=extra, **fields))


def write_run(log: EventLog, run_id: str = RUN, *, end: bool = True) -> RunRecorder:
    """Record a small run."""
    recorder = RunRecorder(log, run_id)
    recorder.note(requested(audit_id=AUDIT, url="http://shop.test/", tier="quick_scan"), selected("queue"))
    recorder.record([EventReceived("queue", finding(1)), EventReceived("queue", finding(2))])
    verdict = {"trust_score": 44, "risk_level": "suspicious"}
    recorder.record([EventReceived("queue", encode_event(ProgressEvent("progress", "judge", "done", 90, "", verdict)))])
    if end:
        recorder.note(RunFinished("completed", "queue"))
    return recorder


def check_history(address: str, history: list[Action]) -> None:
    """Hold kept and rebuilt together over a history, in the middle of it and at its end."""
    with EventLog.open(address) as log:
        recorders = Recorders(log)
        for at, action in enumerate(history):
            recorders.perform(action)
            if at == len(history) // 2:
                assert difference(log) is None
        rows, model = kept(address)
        assert model is None or tuple(model) == ("run", summary_version(), log.head())
        assert rows == made(log)
        assert difference(log) is None
        assert model is None or is_right_along_with_the_events(log)
        assert runs_of(log).rebuild(lambda done, total: None) == log.head()
        assert kept(address)[0] == rows


@settings(max_examples=60)
@given(histories)
def test_rebuilt_is_kept(tmp_path_factory: pytest.TempPathFactory, history: list[Action]) -> None:
    """Runs interleaved, two transports, repetitions, conflicts, ends missing, recorders twice and begun anew."""
    check_history(str(tmp_path_factory.mktemp("history") / "log.db"), history)


@settings(max_examples=5)
@given(histories)
def test_rebuilt_is_kept_on_postgresql(history: list[Action]) -> None:
    with postgresql_schema() as address:
        check_history(address, history)


@settings(max_examples=30)
@given(history=histories)
def test_catching_up_makes_what_would_have_been_kept(
    tmp_path_factory: pytest.TempPathFactory, history: list[Action]
) -> None:
    """In steps of a few events, with room for one run between them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catch_up, "CHUNK", 3)
        patch.setattr(catch_up, "_MOST_IN_MEMORY", 1)
        address = str(tmp_path_factory.mktemp("history") / "log.db")
        with EventLog.open(address) as log:
            recorders = Recorders(log)
            for action in history:
                recorders.perform(action)
            expected = kept(address)
            runs_of(log).rebuild(lambda done, total: None)
            rows, model = kept(address)
            assert rows == expected[0]
            assert tuple(model) == ("run", summary_version(), log.head())


def test_every_append_moves_the_row_along(log: EventLog, database: str) -> None:
    """Status, findings, verdict and end, each in the commit that brought it."""
    recorder = RunRecorder(log, RUN)
    recorder.note(requested(audit_id=AUDIT), selected("stdout"))
    (row,) = kept(database)[0]
    assert (row.status, row.audit_id, row.position, row.mode) == ("requested", AUDIT, 1, "stdout")
    recorder.record([EventReceived("stdout", finding(1))])
    assert [(row.status, row.findings) for row in kept(database)[0]] == [("running", 1)]
    recorder.note(RunFinished("failed", "stdout", "It broke."))
    (row,) = kept(database)[0]
    assert (row.status, row.finished_at is None) == ("failed", False)


def test_a_second_recorder_keeps_the_row_current(log: EventLog, database: str) -> None:
    """It appends some events that the first has recorded already, and one that is new."""
    write_run(log, end=False)
    RunRecorder(log, RUN).record([EventReceived("queue", finding(1)), EventReceived("queue", finding(8))])
    assert kept(database)[0] == made(log)
    assert [row.findings for row in kept(database)[0]] == [3]
    assert kept(database)[1][2] == log.head()


def test_two_recorders_of_one_run_read_only_what_the_other_wrote(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cost of an append does not grow with the run."""
    first, second = write_run(log, end=False), RunRecorder(log, RUN)
    second.record([EventReceived("queue", finding(5))])
    applied: list[int] = []
    apply = RunSummary.apply

    def count(summary: RunSummary, event: StoredEvent) -> None:
        applied.append(event.position)
        apply(summary, event)

    monkeypatch.setattr(RunSummary, "apply", count)
    first.record([EventReceived("queue", finding(6))])
    second.record([EventReceived("queue", finding(7))])
    assert applied == [6, 7, 8]  # each once, and none of the first five
    assert difference(log) is None


def test_a_row_that_does_not_change_is_not_written(log: EventLog, database: str, raw: Raw) -> None:
    """An event of which no row shows anything moves the position alone."""
    recorder = write_run(log, end=False)
    raw.execute("UPDATE run SET tier = 'mine'")
    recorder.record([EventReceived("queue", encode_event(ProgressEvent(phase="scout", step="x", seq=9)))])
    rows, model = kept(database)
    assert rows[0].tier == "mine"
    assert model[2] == log.head()


def test_two_recorders_of_one_run_keep_one_row(log: EventLog, database: str) -> None:
    """Each takes in what the other wrote."""
    first, second = RunRecorder(log, RUN), RunRecorder(log, RUN)
    first.note(requested(audit_id=AUDIT))
    second.record([EventReceived("queue", finding(1))])
    first.record([EventReceived("stdout", finding(1)), EventReceived("stdout", finding(2))])
    second.record([EventReceived("queue", finding(3))])
    assert [row.findings for row in kept(database)[0]] == [3]
    assert kept(database)[0] == made(log)


def test_recorders_at_the_same_time_keep_all_rows(log: EventLog, database: str) -> None:
    """Of several runs, and of one that they share."""

    def work(number: int) -> None:
        for run_id in (f"vrts_{number}.1", RUN):
            recorder = RunRecorder(log, run_id)
            for seq in range(1, 16):
                recorder.record([EventReceived(f"queue{number}", finding(seq))])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows, model = kept(database)
    assert rows == made(log)
    assert model[2] == log.head() == 120


def test_an_append_that_fails_leaves_the_row_as_it_was(
    log: EventLog, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the recorder had folded before the commit failed is forgotten."""
    recorder = RunRecorder(log, RUN)
    recorder.note(requested(audit_id=AUDIT))
    before = kept(database)
    upsert = log._writer._runs.upsert

    def full(*arguments: Any) -> None:
        upsert(*arguments)
        raise StoreFull()

    monkeypatch.setattr(log._writer._runs, "upsert", full)
    with pytest.raises(StoreFull):
        recorder.record([EventReceived("queue", finding(1))])
    monkeypatch.undo()
    assert kept(database) == before
    recorder.record([EventReceived("queue", finding(2))])
    assert kept(database)[0] == made(log)
    assert kept(database)[0][0].findings == 1


def test_an_update_is_of_the_run_that_is_appended_to(log: EventLog) -> None:
    """A row for one run does not go with the events of another."""
    with pytest.raises(ValueError, match="not all of the records are"):
        log.append([record(1, run_id=OTHER)], update=RunUpdate(RUN, summary_version(), None, 0))
    assert log.head() == 0


def test_what_was_appended_without_a_line_is_caught_up_with(log: EventLog, database: str) -> None:
    """Until then the table stands where it was; recorders leave it there, and nothing is lost."""
    recorder = write_run(log, end=False)
    standing = kept(database)
    log.append(records(1, 3, run_id=OTHER))
    recorder.record([EventReceived("queue", finding(9))])
    assert kept(database) == standing
    assert difference(log) is None
    listed = runs_of(log).rows()
    assert [(row.run_id, row.findings) for row in listed] == [(OTHER, 0), (RUN, 3)]
    assert kept(database)[0] == made(log)
    recorder.record([EventReceived("queue", finding(10))])
    assert kept(database)[0] == made(log)
    assert kept(database)[1][2] == log.head()


def test_another_version_of_the_fold_makes_the_table_anew(log: EventLog, database: str, raw: Raw) -> None:
    write_run(log)
    raw.execute("UPDATE run SET url = 'old'")
    raw.execute("UPDATE read_model SET version = 0")
    assert [row.url for row in runs_of(log).rows()] == ["http://shop.test/"]
    assert kept(database)[1][1] == summary_version()


def test_a_log_that_cannot_be_written_to_is_folded_in_memory(tmp_path: Path) -> None:
    """The answer is the same, and the file is left as it is."""
    file = tmp_path / "log.db"
    with EventLog.open(file) as log:
        write_run(log)
        log.append(records(1, 3, run_id=OTHER))
        with raw_connection(str(file)) as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with EventLog.open(file) as log:
        before = kept(str(file))

        def refuse() -> Any:
            raise log._database._refusal()

        log._database.writing = refuse  # type: ignore[method-assign]
        assert [row.run_id for row in runs_of(log).rows()] == [OTHER, RUN]
        assert [row.run_id for row in runs_of(log).rows(status="completed")] == [RUN]
        assert [row.run_id for row in runs_of(log).rows(limit=1)] == [OTHER]
        assert kept(str(file)) == before


def test_a_role_that_may_only_read_lists_all_the_same(postgresql: str) -> None:
    with EventLog.open(postgresql) as log:
        write_run(log)
        log.append(records(1, 3, run_id=OTHER))
    reader = f"{postgresql}%20-cdefault_transaction_read_only%3Don"
    with EventLog.open(reader, create=False) as log:
        assert [row.run_id for row in runs_of(log).rows()] == [OTHER, RUN]


def test_what_a_redaction_erased_is_gone_from_the_row(log: EventLog, database: str, raw: Raw) -> None:
    """Whoever redacts has the row folded anew in the same transaction; a recorder at work follows."""
    recorder = write_run(log, end=False)
    line = RunSummary(RUN)
    named = redaction(99, of=("queue", 1), run_id=RUN)
    positions = log.append([named])
    table, opened = log._writer._runs, log._database
    with opened.writing() as cursor:
        cursor.execute(
            opened.sql("UPDATE event SET salt = NULL, body = NULL WHERE run_id = ? AND source = ? AND seq = ?"),
            (RUN, "queue", 1),
        )
        table.fold(cursor, range(positions[0], positions[0] + 1), [line])
    assert [row.findings for row in kept(database)[0]] == [1]
    recorder.record([EventReceived("queue", finding(7))])
    assert [row.findings for row in kept(database)[0]] == [2]
    assert kept(database)[0] == made(log)
    assert difference(log) is None


def test_a_run_with_many_redactions_is_folded_once(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read behind them is without what they erased; only a line from before them has to begin anew."""
    recorder = write_run(log, end=False)
    recorder.record([EventReceived("queue", finding(seq)) for seq in range(100, 150)])
    for seq in range(100, 130):
        log.redact(RUN, [Observation("queue", seq)], redaction_records(RUN), RunSummary(RUN))
    taken: list[int] = []
    apply = RunSummary.apply

    def count(line: RunSummary, event: StoredEvent) -> None:
        taken.append(event.position)
        apply(line, event)

    monkeypatch.setattr(RunSummary, "apply", count)
    runs_of(log).rebuild(lambda done, total: None)
    assert taken == list(range(1, log.head() + 1))
    taken.clear()
    recorder.record([EventReceived("queue", finding(200))])
    assert len(taken) <= log.head() + 1
    assert difference(log) is None


def test_what_was_redacted_is_gone_where_the_model_is_behind_too(log: EventLog, database: str) -> None:
    """The row does not wait for somebody to list it."""
    write_run(log)
    log.append([record(1, run_id=OTHER)])  # without its line
    requested_as = kept(database)[0][0].url
    assert requested_as is not None
    log.redact(RUN, [Observation("recorder", 1)], redaction_records(RUN), RunSummary(RUN))
    assert requested_as not in [row.url for row in kept(database)[0]]
    assert [row.url for row in runs_of(log).rows() if row.run_id == RUN] == [None]


CHANGES = {
    "run_id": "'vrts_00000000000000cc.1'",
    "audit_id": "'vrts_00000000000000cc'",
    "position": "2",
    "url": "'http://other.test/'",
    "tier": "NULL",
    "origin": "'record'",
    "status": "'failed'",
    "trust_score": "100",
    "risk_level": "'trusted'",
    "mode": "'stdout'",
    "started_at": "started_at + 0.001",
    "finished_at": "NULL",
    "findings": "0",
    "command": "'[]'",
    "configured": "'stdout'",
    "reason": "'SPLIT'",
    "decided_by": "'queue-ipc'",
    "share": "0.25",
    "share_origin": "'default'",
    "fell_back": "'it broke'",
    "events": "2",
    "lost": "1",
    "repeated": "1",
    "resent": "1",
    "mismatched": "0",
    "latency_p50": "0.1",
    "latency_p95": "0.1",
    "latency_p99": "0.1",
    "queue_start": "0.1",
}


@pytest.mark.parametrize("column", RunRow._fields)
def test_a_row_that_was_changed_is_found(log: EventLog, raw: Raw, column: str) -> None:
    """Whatever column it was, and in its own run alone."""
    write_run(log)
    write_run(log, OTHER)
    raw.execute(f"UPDATE run SET {column} = {CHANGES[column]} WHERE run_id = '{OTHER}'")
    found = difference(log)
    assert found is not None and found.run_id == OTHER
    assert "`veritas db rebuild`" in found.detail
    assert ("lacks" if column == "run_id" else column) in found.detail
    assert difference(log, OTHER) == found
    assert difference(log, RUN) is None
    runs_of(log).rebuild(lambda done, total: None)
    assert difference(log) is None


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ("UPDATE read_model SET name = 'other'", "'other'"),
        ("UPDATE read_model SET version = 99", "version 99"),
        ("UPDATE read_model SET version = 0", "version 0"),
        ("UPDATE read_model SET position = 3", "lacks|and the events give"),
        ("UPDATE read_model SET position = 99", "includes 99 events, and the log ends at"),
        ("UPDATE read_model SET position = -1", "the position -1"),
        ("DELETE FROM read_model", "does not state which events it includes"),
        ("DELETE FROM run WHERE run_id <> ''", "lacks"),
        (
            "INSERT INTO run (run_id, audit_id, position, status, findings) VALUES ('x.1', 'x', 99, 'completed', 0)",
            "a run without events up to",
        ),
    ],
)
def test_a_table_that_was_changed_is_found(log: EventLog, raw: Raw, change: str, detail: str) -> None:
    """The rows that there are, and what the model says of itself."""
    write_run(log)
    write_run(log, OTHER)
    raw.execute(change)
    found = difference(log)
    assert found is not None
    assert any(part in found.detail for part in detail.split("|")), found
    runs_of(log).rebuild(lambda done, total: None)
    left = difference(log)
    assert left is None or "'other'" in left.detail  # which is nobody's to rebuild


def test_a_table_of_any_size_is_compared(log: EventLog, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page, and its last row as well as its first."""
    monkeypatch.setattr(compare, "PAGE_ROWS", 7)
    monkeypatch.setattr(compare, "_BATCH", 3)
    runs = [f"vrts_{number:016x}.1" for number in range(10)]
    for run_id in runs:
        write_run(log, run_id)
    told: list[tuple[int, int]] = []
    assert runs_of(log).difference(progress=lambda done, total: told.append((done, total))) is None
    assert told[-1] == (log.head(), log.head()) and len(told) > 5
    raw.execute("UPDATE run SET findings = 7 WHERE run_id = ?", runs[-1])
    found = difference(log)
    assert found is not None and found.run_id == runs[-1]


@pytest.fixture
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check and prefilter a few events at a time."""
    monkeypatch.setattr(parallel, "_EVENTS", 8)
    monkeypatch.setattr(chain, "PAGE_ROWS", 5)


@pytest.mark.usefixtures("short_stretches")
def test_the_table_is_compared_as_the_events_are_checked(log: EventLog, raw: Raw) -> None:
    """Runs that stand one within the other are, page by page and stretch by stretch."""
    recorders = [RunRecorder(log, f"vrts_{number:016x}.1") for number in range(5)]
    for step in range(6):
        for recorder in recorders:
            recorder.note(requested(url="http://shop.test/")) if step == 0 else None
            plain = encode_event(ProgressEvent("progress", "scout", "navigating", seq=step + 1))
            recorder.record([EventReceived("queue", plain), EventReceived("stdout", plain)])
            recorder.record([EventReceived("stdout", finding(20 + step % 2))])
    assert is_right_along_with_the_events(log)
    raw.execute("UPDATE run SET findings = 7 WHERE run_id = ?", recorders[3].run_id)
    found = difference(log)
    assert found is not None and found.run_id == recorders[3].run_id


@pytest.mark.usefixtures("short_stretches")
def test_of_many_runs_few_are_in_memory(log: EventLog, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has ended is compared and forgotten; where too much is left, what was wrong is found all the same."""
    monkeypatch.setattr(verify, "_MOST_SUMMARIES", 4)
    monkeypatch.setattr(verify, "_BATCH", 2)
    for number in range(20):
        write_run(log, f"vrts_{number:016x}.1")
    assert is_right_along_with_the_events(log)
    raw.execute("UPDATE run SET findings = 7 WHERE run_id = ?", f"vrts_{3:016x}.1")
    found = difference(log)
    assert found is not None and found.run_id == f"vrts_{3:016x}.1"
    raw.execute("UPDATE run SET findings = 7")
    assert difference(log) is not None
    runs_of(log).rebuild(lambda done, total: None)
    for number in range(20):
        write_run(log, f"vrts_{number:016x}.2", end=False)
    for number in range(20):
        RunRecorder(log, f"vrts_{number:016x}.2").record([EventReceived("queue", finding(99))])
    assert difference(log) is None


def test_events_that_are_too_large_to_be_carried_are_read_again(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_MOST_CARRIED", 100)
    write_run(log)
    assert not is_right_along_with_the_events(log)
    assert difference(log) is None


@pytest.mark.usefixtures("short_stretches")
def test_what_is_recorded_while_the_log_is_verified_is_in_the_table_too(log: EventLog) -> None:
    """And what is erased meanwhile is in no row, though it was read when it was still there."""
    recorder = write_run(log, end=False)
    write_run(log, OTHER)

    def go_on(checked: int, total: int) -> None:
        if checked == total:
            recorder.note(RunFinished("completed", "queue"))

    def erase(checked: int, total: int) -> None:
        if checked == total:
            log.redact(OTHER, [Observation("queue", 1)], redaction_records(OTHER), RunSummary(OTHER))

    assert is_right_along_with_the_events(log, go_on)
    assert log.verify(read_model=read_model_check(log), progress=erase).fault is None
    assert difference(log) is None


def test_a_log_that_was_never_folded_has_nothing_to_compare(log: EventLog) -> None:
    log.append(records(1, 3))
    assert difference(log) is None
