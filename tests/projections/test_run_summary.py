"""The read model of the runs always agrees with the events, after any history of writers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from store.errors import StoreFull
from store.log import Difference, EventLog, Fault, Observation, RunFilter, RunRow, RunUpdate, StoredEvent
from store.read_model import catch_up, compare, verify
from store.read_model.compare import RunComparison
from store.text import storable
from store.verify import chain, parallel
from store.verify.fault import READ_MODEL_DIFFERS
from tests.databases import database, postgresql, postgresql_schema, sqlite
from tests.histories import RUNS, Action, Recorders, histories
from tests.projections.recordings import requested, selected
from tests.store.conftest import log, raw
from tests.store.making import record, records, redaction, redaction_records
from tests.store.raw import Raw, raw_connection
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import RunFinished
from veritas.projections.audit_state import AuditState
from veritas.projections.run_summary import RunSummary, read_model_check, runs_of, summary_version
from veritas.recording.recorder import RunRecorder

__all__ = ["database", "log", "postgresql", "raw", "sqlite"]

RUN, OTHER, _ = RUNS
AUDIT = RUN.rpartition(".")[0]


def stored(database: str) -> tuple[list[RunRow], Any]:
    """Return the rows of the table, and its state: name, version and position."""
    with raw_connection(database) as raw:
        rows = raw.execute(f"SELECT {', '.join(RunRow._fields)} FROM run ORDER BY run_id").fetchall()
        return list(map(RunRow._make, rows)), raw.execute("SELECT name, version, position FROM read_model").fetchone()


def folded(log: EventLog) -> list[RunRow]:
    """Return the rows that all events give, folded run by run with `AuditState` alone."""
    archive, rows = Archive(log), []
    for run_id in sorted(log.runs()):
        events = list(archive.events(run_id))
        summary = RunSummary(run_id)
        summary._state, summary._first = AuditState.of(events), events[0].position
        summary._findings = len(summary._state.findings)
        kinds = Counter(finding.get("kind") for finding in summary._state.findings)
        summary._kinds = {storable(kind): number for kind, number in kinds.items() if kind}
        rows.append(summary.row())
    return rows


def difference(log: EventLog, run_id: str | None = None) -> Difference | None:
    """Return how the table differs from the events, and check that a verification of the log finds the same."""
    first = runs_of(log).difference(run_id)
    fault = log.verify(run_id, read_model=read_model_check(log)).fault
    assert fault == (first and Fault(None, first.run_id, READ_MODEL_DIFFERS, first.detail))
    return first


def is_right_in_one_reading(log: EventLog, progress: Callable[[int, int], None] = lambda *_: None) -> bool:
    """Return whether a verification finds all rows right, without reading the events a second time."""
    with pytest.MonkeyPatch.context() as patch:
        compared = []
        patch.setattr(RunComparison, "run", lambda *_: compared.append(True))
        assert log.verify(read_model=read_model_check(log), progress=progress).fault is None
        return not compared


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
    """Compare the table with a rebuilt one, in the middle of a history and at its end."""
    with EventLog.open(address) as log:
        recorders = Recorders(log)
        for at, action in enumerate(history):
            recorders.perform(action)
            if at == len(history) // 2:
                assert difference(log) is None
        rows, model = stored(address)
        assert model is None or tuple(model) == ("run", summary_version(), log.head())
        assert rows == folded(log)
        assert difference(log) is None
        assert model is None or is_right_in_one_reading(log)
        assert runs_of(log).rebuild(lambda done, total: None) == log.head()
        assert stored(address)[0] == rows


@given(histories)
def test_a_rebuilt_table_is_the_same(tmp_path_factory: pytest.TempPathFactory, history: list[Action]) -> None:
    """A history has interleaved runs, two transports, repetitions, conflicts, missing ends and several recorders."""
    check_history(str(tmp_path_factory.mktemp("history") / "log.db"), history)


@settings(max_examples=5)
@given(histories)
def test_a_rebuilt_table_is_the_same_on_postgresql(history: list[Action]) -> None:
    with postgresql_schema() as address:
        check_history(address, history)


@settings(max_examples=15)
@given(history=histories)
def test_catching_up_gives_the_same_table_as_appending(
    tmp_path_factory: pytest.TempPathFactory, history: list[Action]
) -> None:
    """It catches up in steps of a few events, with room for one run between them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catch_up, "CHUNK", 3)
        patch.setattr(catch_up, "_MOST_IN_MEMORY", 1)
        address = str(tmp_path_factory.mktemp("history") / "log.db")
        with EventLog.open(address) as log:
            recorders = Recorders(log)
            for action in history:
                recorders.perform(action)
            expected = stored(address)
            runs_of(log).rebuild(lambda done, total: None)
            rows, model = stored(address)
            assert rows == expected[0]
            assert tuple(model) == ("run", summary_version(), log.head())


def test_every_append_updates_the_row(log: EventLog, database: str) -> None:
    """Status, findings, verdict and end are each updated in the commit of their event."""
    recorder = RunRecorder(log, RUN)
    recorder.note(requested(audit_id=AUDIT), selected("stdout"))
    (row,) = stored(database)[0]
    assert (row.status, row.audit_id, row.position, row.mode) == ("requested", AUDIT, 1, "stdout")
    recorder.record([EventReceived("stdout", finding(1))])
    assert [(row.status, row.findings) for row in stored(database)[0]] == [("running", 1)]
    recorder.note(RunFinished("failed", "stdout", "It broke."))
    (row,) = stored(database)[0]
    assert (row.status, row.finished_at is None) == ("failed", False)


def test_a_second_recorder_keeps_the_row_current(log: EventLog, database: str) -> None:
    """It appends some events that the first has recorded already, and one that is new."""
    write_run(log, end=False)
    RunRecorder(log, RUN).record([EventReceived("queue", finding(1)), EventReceived("queue", finding(8))])
    assert stored(database)[0] == folded(log)
    assert [row.findings for row in stored(database)[0]] == [3]
    assert stored(database)[1][2] == log.head()


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
    """An irrelevant event only changes the position."""
    recorder = write_run(log, end=False)
    raw.execute("UPDATE run SET tier = 'mine'")
    recorder.record([EventReceived("queue", encode_event(ProgressEvent(phase="scout", step="x", seq=9)))])
    rows, model = stored(database)
    assert rows[0].tier == "mine"
    assert model[2] == log.head()


def test_two_recorders_of_one_run_keep_one_row(log: EventLog, database: str) -> None:
    """Each applies the events that the other wrote."""
    first, second = RunRecorder(log, RUN), RunRecorder(log, RUN)
    first.note(requested(audit_id=AUDIT))
    second.record([EventReceived("queue", finding(1))])
    first.record([EventReceived("stdout", finding(1)), EventReceived("stdout", finding(2))])
    second.record([EventReceived("queue", finding(3))])
    assert [row.findings for row in stored(database)[0]] == [3]
    assert stored(database)[0] == folded(log)


def test_concurrent_recorders_keep_all_rows_current(log: EventLog, database: str) -> None:
    """They record runs of their own, and one that they share."""

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
    rows, model = stored(database)
    assert rows == folded(log)
    assert model[2] == log.head() == 120


def test_a_failed_append_leaves_the_row_unchanged(
    log: EventLog, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorder discards what it had folded before the commit failed."""
    recorder = RunRecorder(log, RUN)
    recorder.note(requested(audit_id=AUDIT))
    before = stored(database)
    upsert = log._writer._runs.upsert

    def full(*arguments: Any) -> None:
        upsert(*arguments)
        raise StoreFull()

    monkeypatch.setattr(log._database, "groups_commits", False)  # a commit in a group writes the row on the server
    monkeypatch.setattr(log._writer._runs, "upsert", full)
    with pytest.raises(StoreFull):
        recorder.record([EventReceived("queue", finding(1))])
    monkeypatch.undo()
    assert stored(database) == before
    recorder.record([EventReceived("queue", finding(2))])
    assert stored(database)[0] == folded(log)
    assert stored(database)[0][0].findings == 1


def test_an_update_of_another_run_than_the_appended_one_is_refused(log: EventLog) -> None:
    with pytest.raises(ValueError, match="not all of the records are"):
        log.append([record(1, run_id=OTHER)], update=RunUpdate(RUN, summary_version(), None, 0))
    assert log.head() == 0


def test_the_table_catches_up_with_an_append_without_a_row(log: EventLog, database: str) -> None:
    """Until then the table stays as it was; recorders do not change it, and no event is lost."""
    recorder = write_run(log, end=False)
    before = stored(database)
    log.append(records(1, 3, run_id=OTHER))
    recorder.record([EventReceived("queue", finding(9))])
    assert stored(database) == before
    assert difference(log) is None
    listed = runs_of(log).rows()
    assert [(row.run_id, row.findings) for row in listed] == [(OTHER, 0), (RUN, 3)]
    assert stored(database)[0] == folded(log)
    recorder.record([EventReceived("queue", finding(10))])
    assert stored(database)[0] == folded(log)
    assert stored(database)[1][2] == log.head()


def test_another_version_of_the_fold_rebuilds_the_table(log: EventLog, database: str, raw: Raw) -> None:
    write_run(log)
    raw.execute("UPDATE run SET url = 'old'")
    raw.execute("UPDATE read_model SET version = 0")
    assert [row.url for row in runs_of(log).rows()] == ["http://shop.test/"]
    assert stored(database)[1][1] == summary_version()


def test_a_read_only_log_is_folded_in_memory(tmp_path: Path) -> None:
    """The rows are the same, and the file does not change."""
    file = tmp_path / "log.db"
    with EventLog.open(file) as log:
        write_run(log)
        log.append(records(1, 3, run_id=OTHER))
        with raw_connection(str(file)) as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with EventLog.open(file) as log:
        before = stored(str(file))

        def refuse() -> Any:
            raise log._database._refusal()

        log._database.writing = refuse  # type: ignore[method-assign]
        assert [row.run_id for row in runs_of(log).rows()] == [OTHER, RUN]
        assert [row.run_id for row in runs_of(log).rows(RunFilter(statuses=("completed",)))] == [RUN]
        assert [row.run_id for row in runs_of(log).rows(limit=1)] == [OTHER]
        assert stored(str(file)) == before


def test_a_role_that_may_only_read_can_list_the_runs(postgresql: str) -> None:
    with EventLog.open(postgresql) as log:
        write_run(log)
        log.append(records(1, 3, run_id=OTHER))
    reader = f"{postgresql}%20-cdefault_transaction_read_only%3Don"
    with EventLog.open(reader, create=False) as log:
        assert [row.run_id for row in runs_of(log).rows()] == [OTHER, RUN]


def test_a_redacted_finding_is_removed_from_the_row(log: EventLog, database: str, raw: Raw) -> None:
    """The redaction folds the row again in the same transaction, and a recorder of the run continues from there."""
    recorder = write_run(log, end=False)
    summary = RunSummary(RUN)
    positions = log.append([redaction(99, of=("queue", 1), run_id=RUN)])
    table, opened = log._writer._runs, log._database
    with opened.writing() as cursor:
        cursor.execute(
            opened.sql("UPDATE event SET salt = NULL, body = NULL WHERE run_id = ? AND source = ? AND seq = ?"),
            (RUN, "queue", 1),
        )
        table.fold(cursor, range(positions[0], positions[0] + 1), [summary])
    assert [row.findings for row in stored(database)[0]] == [1]
    recorder.record([EventReceived("queue", finding(7))])
    assert [row.findings for row in stored(database)[0]] == [2]
    assert stored(database)[0] == folded(log)
    assert difference(log) is None


def test_a_run_with_many_redactions_is_read_once(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The events are redacted when they are read; only a summary from before the redactions has to begin again."""
    recorder = write_run(log, end=False)
    recorder.record([EventReceived("queue", finding(seq)) for seq in range(100, 150)])
    for seq in range(100, 130):
        log.redact(RUN, [Observation("queue", seq)], redaction_records(RUN), RunSummary(RUN))
    applied: list[int] = []
    apply = RunSummary.apply

    def count(summary: RunSummary, event: StoredEvent) -> None:
        applied.append(event.position)
        apply(summary, event)

    monkeypatch.setattr(RunSummary, "apply", count)
    runs_of(log).rebuild(lambda done, total: None)
    assert applied == list(range(1, log.head() + 1))
    applied.clear()
    recorder.record([EventReceived("queue", finding(200))])
    assert len(applied) <= log.head() + 1
    assert difference(log) is None


def test_a_redacted_request_is_removed_from_the_row_even_if_the_table_is_behind(log: EventLog, database: str) -> None:
    """It does not wait until the table catches up."""
    write_run(log)
    log.append([record(1, run_id=OTHER)])  # without a row
    url = stored(database)[0][0].url
    assert url is not None
    log.redact(RUN, [Observation("recorder", 1)], redaction_records(RUN), RunSummary(RUN))
    assert url not in [row.url for row in stored(database)[0]]
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
    "host": "'other.test'",
    "page": "'shop.test/cart'",
    "batch": "'btch_0123456789abcdef'",
    "tags": "'[]'",
    "kinds": "'{}'",
    "failure": "'page'",
    "job": "'1'",
    "queue": "'default'",
    "worker": "'w'",
    "worker_host": "'h'",
}


def test_a_changed_row_is_found(log: EventLog, raw: Raw) -> None:
    """It is found in any column, and only in its own run."""
    write_run(log)
    write_run(log, OTHER)
    for column in RunRow._fields:
        raw.execute(f"UPDATE run SET {column} = {CHANGES[column]} WHERE run_id = '{OTHER}'")
        altered = difference(log)
        assert altered is not None and altered.run_id == OTHER, column
        assert "`veritas db rebuild`" in altered.detail
        assert ("lacks" if column == "run_id" else column) in altered.detail
        assert difference(log, OTHER) == altered
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
def test_a_changed_table_is_found(log: EventLog, raw: Raw, change: str, detail: str) -> None:
    """The set of rows and the recorded state of the read model are checked."""
    write_run(log)
    write_run(log, OTHER)
    raw.execute(change)
    altered = difference(log)
    assert altered is not None
    assert any(part in altered.detail for part in detail.split("|")), altered
    runs_of(log).rebuild(lambda done, total: None)
    remaining = difference(log)
    assert remaining is None or "'other'" in remaining.detail  # a rebuild does not remove that one


def test_a_table_of_any_size_is_compared(log: EventLog, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is compared page by page, to its last row."""
    monkeypatch.setattr(compare, "PAGE_ROWS", 7)
    monkeypatch.setattr(compare, "_BATCH", 3)
    runs = [f"vrts_{number:016x}.1" for number in range(10)]
    for run_id in runs:
        write_run(log, run_id)
    reports: list[tuple[int, int]] = []
    assert runs_of(log).difference(progress=lambda done, total: reports.append((done, total))) is None
    assert reports[-1] == (log.head(), log.head()) and len(reports) > 5
    raw.execute("UPDATE run SET findings = 7 WHERE run_id = ?", runs[-1])
    altered = difference(log)
    assert altered is not None and altered.run_id == runs[-1]


@pytest.fixture
def short_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check and prefilter a few events at a time."""
    monkeypatch.setattr(parallel, "_EVENTS", 8)
    monkeypatch.setattr(chain, "PAGE_ROWS", 5)


@pytest.mark.usefixtures("short_ranges")
def test_the_table_is_compared_while_the_events_are_checked(log: EventLog, raw: Raw) -> None:
    """So are interleaved runs, over several pages and ranges of events."""
    recorders = [RunRecorder(log, f"vrts_{number:016x}.1") for number in range(5)]
    for step in range(6):
        for recorder in recorders:
            recorder.note(requested(url="http://shop.test/")) if step == 0 else None
            plain = encode_event(ProgressEvent("progress", "scout", "navigating", seq=step + 1))
            recorder.record([EventReceived("queue", plain), EventReceived("stdout", plain)])
            recorder.record([EventReceived("stdout", finding(20 + step % 2))])
    assert is_right_in_one_reading(log)
    raw.execute("UPDATE run SET findings = 7 WHERE run_id = ?", recorders[3].run_id)
    altered = difference(log)
    assert altered is not None and altered.run_id == recorders[3].run_id


@pytest.mark.usefixtures("short_ranges")
def test_few_of_many_runs_are_in_memory(log: EventLog, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that has ended is compared and removed; if too many remain, a difference is found all the same."""
    monkeypatch.setattr(verify, "_MOST_SUMMARIES", 4)
    monkeypatch.setattr(verify, "_BATCH", 2)
    for number in range(20):
        write_run(log, f"vrts_{number:016x}.1")
    assert is_right_in_one_reading(log)
    raw.execute("UPDATE run SET findings = 7 WHERE run_id = ?", f"vrts_{3:016x}.1")
    altered = difference(log)
    assert altered is not None and altered.run_id == f"vrts_{3:016x}.1"
    raw.execute("UPDATE run SET findings = 7")
    assert difference(log) is not None
    runs_of(log).rebuild(lambda done, total: None)
    for number in range(20):
        write_run(log, f"vrts_{number:016x}.2", end=False)
    for number in range(20):
        RunRecorder(log, f"vrts_{number:016x}.2").record([EventReceived("queue", finding(99))])
    assert difference(log) is None


def test_events_that_are_too_large_for_memory_are_read_again(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_MOST_CARRIED", 100)
    write_run(log)
    assert not is_right_in_one_reading(log)
    assert difference(log) is None


@pytest.mark.usefixtures("short_ranges")
def test_events_that_are_recorded_during_a_verification_are_in_the_table(log: EventLog) -> None:
    """An event that is redacted during it is not in the table, even if it was read before that."""
    recorder = write_run(log, end=False)
    write_run(log, OTHER)

    def end_run(checked: int, total: int) -> None:
        if checked == total:
            recorder.note(RunFinished("completed", "queue"))

    def erase(checked: int, total: int) -> None:
        if checked == total:
            log.redact(OTHER, [Observation("queue", 1)], redaction_records(OTHER), RunSummary(OTHER))

    assert is_right_in_one_reading(log, end_run)
    assert log.verify(read_model=read_model_check(log), progress=erase).fault is None
    assert difference(log) is None


def test_a_log_that_was_never_folded_has_nothing_to_compare(log: EventLog) -> None:
    log.append(records(1, 3))
    assert difference(log) is None
