"""The exported tables have what the log has, in the partitions of the months, whatever the backend."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from store.log import Record, StoredEvent
from tests.analytics.logs import SECRET, audit, files, moment, table, write_months, write_redacted
from tests.cli.invoking import invoke_in
from tests.cli.logs import running_run, write, write_all
from tests.databases import postgresql_schema
from tests.projections.recordings import FINDING, Recording, requested, whole_run
from tests.store.bundling import KEY
from tests.store.raw import raw_connection
from veritas.analytics import dataset
from veritas.analytics.columns import TABLES
from veritas.analytics.export import export_tables
from veritas.archive.archival import archivable_audits, archive_audits
from veritas.archive.archive import Archive
from veritas.errors import UsageError


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    """Give an empty log, on each backend."""
    with Archive.open(database) as opened:
        yield opened


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Archive]:
    """Give an empty log in a file."""
    with Archive.open(tmp_path / "small.db") as opened:
        yield opened


def test_the_tables_say_what_the_commands_say(archive: Archive, database: str, tmp_path: Path) -> None:
    """`veritas list` of the runs, and `veritas events` of the events of each."""
    write_months(archive)
    write_redacted(archive)
    exported = export_tables(archive, tmp_path / "out", since=None, force=False)
    runs, events = table(tmp_path / "out", "runs"), table(tmp_path / "out", "events")
    invoke = invoke_in(database)  # type: ignore[arg-type]
    listed = {run["run_id"]: run for run in invoke("list", "--format", "json").json}
    assert [run["run_id"] for run in runs] == sorted(listed)
    shared = ("audit_id", "url", "tier", "origin", "status", "trust_score", "risk_level", "mode", "findings", "tags")
    for run in runs:
        assert {name: run[name] for name in shared} == {name: listed[run["run_id"]][name] for name in shared}
        assert run["duration"] == listed[run["run_id"]]["duration"]
        assert run["started_at"].isoformat(timespec="microseconds")[:26] == listed[run["run_id"]]["started_at"][:26]
        own = [event for event in events if event["run_id"] == run["run_id"]]
        shown = invoke("events", run["run_id"], "--format", "json").json
        shared_by_events = ("position", "source", "seq", "type", "phase", "step", "artifact")
        assert [[event[name] for name in shared_by_events] for event in own] == [
            [event[name] for name in shared_by_events] for event in shown
        ]
    assert exported.rows == {"runs": 6, "events": len(events), "findings": 4}
    assert exported.damaged == 0


def test_every_row_of_a_run_is_in_the_month_of_its_request(small: Archive, tmp_path: Path) -> None:
    """Also if the run ended in the next one."""
    write_months(small)
    export_tables(small, tmp_path / "out", since=None, force=False)
    for name in TABLES:
        months = {row["run_id"]: row["month"] for row in table(tmp_path / "out", name)}
        assert all(month == ("2026-10" if run[5] in "12" else "2026-11") for run, month in months.items())
    assert sorted(files(tmp_path / "out")) == [
        f"{name}/month=2026-{month}/{name}.parquet" for name in sorted(TABLES) for month in (10, 11)
    ]


def test_a_month_without_findings_can_be_read(small: Archive, tmp_path: Path) -> None:
    run = Recording("vrts_1111111111111111.1")
    run.recorder(requested(audit_id="vrts_1111111111111111"))
    write(small, run)
    export_tables(small, tmp_path / "out", since=None, force=False)
    assert table(tmp_path / "out", "findings") == []


def test_a_finding_that_two_transports_delivered_is_one_row(tmp_path: Path) -> None:
    """As it counts once in the run's row."""
    write_all(tmp_path / "log.db")
    with Archive.open(tmp_path / "log.db") as archive:
        export_tables(archive, tmp_path / "out", since=None, force=False)
    findings = table(tmp_path / "out", "findings")
    assert [(finding["kind"], finding["severity"], finding["confidence"]) for finding in findings] == [
        ("countdown_resets", "high", 0.95)
    ]
    by_run = {run["run_id"]: run["findings"] for run in table(tmp_path / "out", "runs")}
    assert {finding["run_id"]: by_run[finding["run_id"]] for finding in findings} == {findings[0]["run_id"]: 1}
    events = [event for event in table(tmp_path / "out", "events") if event["type"] == "finding"]
    assert sorted(event["source"] for event in events) == ["queue", "stdout"]


def test_since_leaves_out_what_was_requested_before(small: Archive, tmp_path: Path) -> None:
    write_months(small)
    export_tables(small, tmp_path / "out", since=moment("2026-11-01"), force=False)
    for name in TABLES:
        assert {row["run_id"][5] for row in table(tmp_path / "out", name)} <= set("345")
    assert [run["run_id"][5] for run in table(tmp_path / "out", "runs")] == ["3", "4", "5"]
    with pytest.raises(UsageError, match=r"No audit was requested since 2026-12-01T.*; give an earlier time"):
        export_tables(small, tmp_path / "none", since=moment("2026-12-01"), force=False)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("since", [None, 0.0, moment("2026-11-01")])
def test_an_empty_log_has_nothing_to_export_whatever_the_time(small: Archive, tmp_path: Path, since: float) -> None:
    with pytest.raises(UsageError, match="Nothing is recorded yet"):
        export_tables(small, tmp_path / "out", since=since, force=False)


def test_the_beginning_of_the_epoch_is_a_time(small: Archive, tmp_path: Path) -> None:
    run = Recording("vrts_1111111111111111.1")
    run.recorder(requested(audit_id="vrts_1111111111111111"), at=moment("1969-07-20"))
    write(small, run)
    with pytest.raises(UsageError, match=r"No audit was requested since 1970-01-01T.*; give an earlier time"):
        export_tables(small, tmp_path / "out", since=0.0, force=False)


def test_a_run_that_goes_on_is_as_its_exported_events_show_it(
    small: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row is not that of before its events were read."""
    run = audit("3", "b.test", "2026-11-01", score=40, kinds=("fake_urgency", "preselected_extra"), loaded_ms=700)
    entries, run.entries = run.entries, run.entries[:2]
    write(small, run)
    read = small.log.read

    def read_after_it_went_on(**selected: Any) -> Iterator[StoredEvent]:
        monkeypatch.undo()
        run.entries = entries[2:]
        write(small, run)
        return read(**selected)

    monkeypatch.setattr(small.log, "read", read_after_it_went_on)
    export_tables(small, tmp_path / "out", since=None, force=False)
    (row,) = table(tmp_path / "out", "runs")
    assert (row["status"], row["findings"], row["trust_score"]) == ("completed", 2, 40)
    assert len(table(tmp_path / "out", "findings")) == 2 and len(table(tmp_path / "out", "events")) == len(entries)


def test_a_redacted_event_is_marked_and_has_no_body(small: Archive, tmp_path: Path) -> None:
    """Nor is anything of it in any other file."""
    run_id = write_redacted(small)
    exported = export_tables(small, tmp_path / "out", since=None, force=False)
    assert exported.damaged == 0
    events = [event for event in table(tmp_path / "out", "events") if event["run_id"] == run_id]
    assert [(event["step"], event["redacted"], event["body"] is None) for event in events] == [
        ("", False, False),
        ("page_loaded", True, True),
        ("", False, False),
    ]
    text = duckdb.sql(f"SELECT * FROM read_parquet('{tmp_path}/out/*/*/*.parquet', union_by_name => true)").fetchall()
    assert SECRET not in repr(text)


def test_an_archived_run_is_marked_and_not_damaged(small: Archive, tmp_path: Path) -> None:
    """Its events are in a bundle; the log has only that they were there."""
    for run in (whole_run(), running_run()):
        write(small, run)
    audits = archivable_audits(small, time.time())
    (tmp_path / "bundles").mkdir()
    archived = archive_audits(small, audits, tmp_path / "bundles", key=lambda: KEY, by="Jane")
    exported = export_tables(small, tmp_path / "out", since=None, force=False)
    assert (archived.runs > 0, exported.damaged) == (True, 0)
    erased = {event["run_id"] for event in table(tmp_path / "out", "events") if event["redacted"]}
    assert len(erased) == archived.runs


def test_an_event_that_was_damaged_is_neither_redacted_nor_silent(tmp_path: Path) -> None:
    write_all(tmp_path / "log.db")
    with raw_connection(str(tmp_path / "log.db")) as connection:
        connection.remove_guards()
        connection.execute("UPDATE event SET body = NULL, salt = NULL WHERE position = 4")
        connection.execute("UPDATE event SET body = CAST('{' AS BLOB) WHERE position = 5")
    outcome = invoke_in(tmp_path / "log.db")("export", "--format", "parquet", "-o", str(tmp_path / "out"))
    assert "Warning: 2 events cannot be read; `veritas verify` shows what was changed." in outcome.stderr
    damaged = [event["position"] for event in table(tmp_path / "out", "events") if event["body"] is None]
    assert damaged == [4, 5]
    assert not any(event["redacted"] for event in table(tmp_path / "out", "events"))


def test_every_body_is_json_to_other_programs(small: Archive, tmp_path: Path) -> None:
    """Also one with half a surrogate pair, which a page may have in its text."""
    write_months(small)
    export_tables(small, tmp_path / "out", since=None, force=False)
    query = "SELECT count(*), count(*) FILTER (json_valid({0})) FROM read_parquet('{1}/{2}/*/*.parquet')"
    for name, column in (("events", "body"), ("findings", "finding")):
        number, valid = duckdb.sql(query.format(column, tmp_path / "out", name)).fetchall()[0]
        assert 0 < number == valid
    assert any("\ufffd" in finding["detail"] for finding in table(tmp_path / "out", "findings"))


def test_a_time_that_a_program_made_up_is_unknown(small: Archive, tmp_path: Path) -> None:
    run = Recording("vrts_1111111111111111.1")
    run.recorder(requested(audit_id="vrts_1111111111111111"), at=moment("2026-11-04"))
    run.child("scout", "navigating", seq=1, at=1e12)
    run.entries[-1] = (*run.entries[-1][:2], moment("2026-11-04"))
    write(small, run)
    export_tables(small, tmp_path / "out", since=None, force=False)
    emitted = {event["step"]: event["emitted_at"] for event in table(tmp_path / "out", "events")}
    assert emitted["navigating"] is None and emitted[""] is not None


def test_a_number_that_a_program_made_up_is_rounded_or_unknown(small: Archive, tmp_path: Path) -> None:
    """JSON has integers of any size; a double has not."""
    run = Recording("vrts_1111111111111111.1")
    run.recorder(requested(audit_id="vrts_1111111111111111"), at=moment("2026-11-04"))
    for seq, confidence in enumerate((2**60 + 1, 10**400), 1):
        finding = {**FINDING, "confidence": confidence}
        run.child("vision", "finding", seq=seq, at=moment("2026-11-04"), type="finding", extra={"finding": finding})
    write(small, run)
    export_tables(small, tmp_path / "out", since=None, force=False)
    assert [finding["confidence"] for finding in table(tmp_path / "out", "findings")] == [2.0**60, None]


def test_the_same_log_gives_the_same_files(small: Archive, tmp_path: Path) -> None:
    write_months(small)
    export_tables(small, tmp_path / "a", since=None, force=False)
    export_tables(small, tmp_path / "b", since=None, force=False)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_the_order_of_rows_does_not_depend_on_how_they_are_grouped(
    small: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows leave memory in groups, also if months take turns."""
    write_months(small)
    for number in range(7, 10):
        run = Recording(f"vrts_{str(number) * 16}.1")
        at = moment(f"2026-{10 + number % 2}-20")
        run.recorder(requested(audit_id=run.run_id.removesuffix(".1")), at=at)
        run.child("scout", "navigating", seq=1, at=at)
        write(small, run)
    export_tables(small, tmp_path / "whole", since=None, force=False)
    monkeypatch.setattr(dataset, "_MOST_BUFFERED", 4_000)
    export_tables(small, tmp_path / "groups", since=None, force=False)
    for name in TABLES:
        assert table(tmp_path / "groups", name) == table(tmp_path / "whole", name)
    groups = pq.ParquetFile(tmp_path / "groups/events/month=2026-11/events.parquet").num_row_groups
    assert groups > pq.ParquetFile(tmp_path / "whole/events/month=2026-11/events.parquet").num_row_groups == 1


def test_an_export_of_many_runs_reads_them_by_pages(
    small: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from veritas.analytics import export

    write_months(small)
    export_tables(small, tmp_path / "whole", since=None, force=False)
    monkeypatch.setattr(export, "_PAGE", 2)
    export_tables(small, tmp_path / "pages", since=None, force=False)
    assert files(tmp_path / "pages") == files(tmp_path / "whole")


def test_two_backends_give_the_same_tables(tmp_path: Path) -> None:
    """All but the times of the commits."""
    exports = []
    with postgresql_schema() as postgresql:
        for number, address in enumerate((tmp_path / "log.db", postgresql)):
            with Archive.open(address) as archive:
                write_months(archive)
                export_tables(archive, tmp_path / str(number), since=None, force=False)
            tables = {name: table(tmp_path / str(number), name) for name in TABLES}
            assert all(event.pop("recorded_at") for event in tables["events"])
            exports.append(tables)
    assert exports[0] == exports[1]


def test_a_directory_of_another_program_with_the_same_names_is_not_replaced(small: Archive, tmp_path: Path) -> None:
    """Many programs write into a directory that is called `runs`."""
    write_months(small)
    foreign = tmp_path / "out" / "runs" / "weights.bin"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"x")
    with pytest.raises(UsageError, match="has other files than an export"):
        export_tables(small, tmp_path / "out", since=None, force=True)
    assert foreign.read_bytes() == b"x"


def test_an_export_that_cannot_take_the_place_of_the_old_one_keeps_it(
    small: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_months(small)
    export_tables(small, tmp_path / "out", since=None, force=False)
    before = files(tmp_path / "out")

    def fail(source: Path, target: Path) -> bool:
        raise OSError(errno.EIO, "Input/output error", str(target))

    monkeypatch.setattr("veritas.files.rename_exclusive", fail)
    with pytest.raises(OSError, match="Input/output error"):
        export_tables(small, tmp_path / "out", since=None, force=True)
    assert files(tmp_path / "out") == before
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


def test_only_the_directory_of_an_export_is_replaced(small: Archive, tmp_path: Path) -> None:
    write_months(small)
    export_tables(small, tmp_path / "out", since=None, force=False)
    before = files(tmp_path / "out")
    with pytest.raises(UsageError, match="already exists; give another name, or --force to replace it"):
        export_tables(small, tmp_path / "out", since=None, force=False)
    assert files(tmp_path / "out") == before
    export_tables(small, tmp_path / "out", since=moment("2026-11-01"), force=True)
    assert 0 < len(files(tmp_path / "out")) < len(before)
    (tmp_path / "out" / "mine.txt").write_text("precious")
    with pytest.raises(UsageError, match="has other files than an export; give another name"):
        export_tables(small, tmp_path / "out", since=None, force=True)
    assert (tmp_path / "out" / "mine.txt").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("small.db")) == ["out"]


def test_an_export_that_fails_leaves_nothing(small: Archive, tmp_path: Path) -> None:
    """And an earlier one as it was."""
    write_months(small)
    export_tables(small, tmp_path / "out", since=None, force=False)
    before = files(tmp_path / "out")

    def fail(done: int, total: int) -> None:
        if done == 3:
            raise OSError(28, os.strerror(28))

    for name, force in (("out", True), ("new", False)):
        with pytest.raises(OSError, match="No space left"):
            export_tables(small, tmp_path / name, since=None, force=force, progress=fail)
    assert files(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("small.db")) == ["out"]


@pytest.mark.slow
def test_a_million_events_take_as_little_memory_as_many_fewer(tmp_path: Path) -> None:
    _compare_memory(tmp_path, few=100_000, many=1_000_000)


@pytest.mark.slow
def test_many_events_take_as_little_memory_as_few(tmp_path: Path) -> None:
    """The slow test has a million of them."""
    _compare_memory(tmp_path, few=10_000, many=60_000)


_PEAK = """
import resource, sys
from pathlib import Path
from veritas.analytics import dataset
from veritas.analytics.export import export_tables
from veritas.archive.archival import archivable_audits, archive_audits
from veritas.archive.archive import Archive

dataset._MOST_BUFFERED = int(sys.argv[3])
with Archive.open(sys.argv[1]) as archive:
    export_tables(archive, Path(sys.argv[2]), since=None, force=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _compare_memory(directory: Path, *, few: int, many: int) -> None:
    """Check that a log of *many* events takes at most 40 MB more than one of *few*, with buffers that both fill."""
    peaks = []
    for number in (few, many):
        _fill(directory / f"{number}.db", number)
        command = [sys.executable, "-c", _PEAK, str(directory / f"{number}.db"), str(directory / str(number))]
        ran = subprocess.run([*command, str(few * 500)], capture_output=True, text=True, check=True)
        peaks.append(int(ran.stdout) // 1024)
    assert peaks[1] - peaks[0] < 40, peaks


def _fill(file: Path, events: int) -> None:
    """Write a log of runs with a thousand events each, of 300 bytes, one after another."""
    with Archive.open(file) as archive:
        for number in range(events // 1_000):
            run_id, at = f"vrts_{number:016x}.1", moment("2026-11-01") + number
            request = requested(audit_id=run_id.removesuffix(".1")).encode(seq=1, timestamp=at)
            records = [Record(run_id, "recorder", 1, "audit_requested", "", "", int(at * 1e6), request)]
            for seq in range(1, 1_000):
                body = b'{"seq":%d,"detail":"%b"}' % (seq, b"%06d " % seq * 40)
                records.append(Record(run_id, "queue", seq, "progress", "scout", "reading", int(at * 1e6), body))
            archive.log.append(records)
