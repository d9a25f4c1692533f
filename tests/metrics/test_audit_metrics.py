"""The metrics count what the log has, on every backend, and as tables, JSON and Prometheus text alike."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from secrets import token_bytes

import pytest
from prometheus_client import generate_latest

from store.errors import StoreError
from store.log import EventLog
from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import RUNNING, failed_run, running_run, write
from tests.metrics.conftest import RUNS
from tests.metrics.exports import QUEUE, samples
from tests.projections.recordings import Recording, requested, whole_run
from tests.run_rows import EVERY, START, run_rows
from tests.store.making import record
from veritas.archive.archive import Archive
from veritas.events.recorder_events import ProcessExited, RunFinished
from veritas.metrics.audit_metrics import BOUNDS, read_metrics
from veritas.metrics.json import metrics_json
from veritas.metrics.prometheus import prometheus_text, registry_of
from veritas.metrics.queue_state import QueueState

ROWS = list(run_rows(RUNS))


@pytest.mark.parametrize("since", [None, START + 100 * EVERY])
def test_every_run_is_counted_once(archive: Archive, since: float | None) -> None:
    """In its status, and if it is an audit, in its cause, its level, its kinds of findings and its duration."""
    rows = [row for row in ROWS if since is None or (row.started_at or 0) >= since]
    audits = [row for row in rows if row.origin == "audit"]
    metrics = read_metrics(archive, since=since)
    ended = Counter((row.origin, row.status) for row in rows if row.status != "running")
    assert metrics.ended == ended
    unended = Counter((row.origin, "unended") for row in rows if row.status == "running")  # they are weeks old
    assert metrics.unended == unended
    assert metrics.failures == Counter(row.failure for row in audits if row.failure)
    assert metrics.levels == Counter(row.risk_level for row in audits if row.risk_level)
    kinds = [json.loads(row.kinds) for row in audits if row.kinds]
    assert metrics.findings == sum(map(Counter, kinds), Counter())
    assert metrics.with_finding == Counter(kind for each in kinds for kind in each)
    took = [(row.finished_at or 0) - (row.started_at or 0) for row in audits if row.status == "completed"]
    assert sorted(archive.log.run_totals(since).durations()) == sorted(took)
    assert metrics.durations.number == len(took)
    assert metrics.durations.seconds == pytest.approx(sum(took))
    reached = [sum(metrics.durations.buckets[: at + 1]) for at in range(len(BOUNDS))]
    assert reached == [sum(seconds <= bound for seconds in took) for bound in BOUNDS]
    assert metrics.last_finished == max(row.finished_at or 0 for row in audits)


def test_the_json_has_the_quantiles_of_the_durations(archive: Archive) -> None:
    durations = archive.log.run_totals().durations()
    shown = metrics_json(read_metrics(archive, queue=lambda: QUEUE), durations)
    assert shown.durations is not None and shown.queue is not None
    assert sum(each <= shown.durations.p90 for each in durations) == pytest.approx(0.9 * len(durations), abs=1)
    assert shown.durations.longest == max(durations)
    assert (shown.queue.jobs, shown.queue.workers) == ({"default": {"running": 2, "waiting": 7}}, 2)
    assert metrics_json(read_metrics(archive), []).durations is None


def test_the_size_of_a_log_grows_with_it(database: str) -> None:
    with EventLog.open(database) as log:
        before = log.size()
        log.append([record(number, token_bytes(5_000)) for number in range(1, 200)])
        assert log.size() - before > 199 * 5_000


def test_no_counter_decreases_while_audits_are_recorded(sqlite: str) -> None:
    """And each value that can occur is 0 before it does, so that its first occurrence is an increase."""
    with Archive.open(sqlite) as archive:
        before = samples(prometheus_text(lambda: read_metrics(archive)))
        assert before["veritas_audits_total", "audit", "failed"] == 0
        assert before["veritas_audit_failures_total", "machine"] == 0
        assert before["veritas_verdicts_total", "suspicious"] == 0
        for run in (whole_run(), failed_run(), running_run()):
            write(archive, run)
            now = samples(prometheus_text(lambda: read_metrics(archive)))
            counters = [name for name in before if name[0].endswith(("_total", "_count", "_sum", "_bucket"))]
            assert all(now[name] >= before[name] for name in counters) and len(counters) > 30
            before = now
    assert before["veritas_audits_total", "audit", "completed"] == 1
    assert before["veritas_audits_total", "audit", "failed"] == 1
    assert before["veritas_audits_in_progress", "audit", "unended"] == 1
    recent = Recording("vrts_cccc000000000004.1")
    recent.recorder(requested(audit_id="vrts_cccc000000000004"), at=time.time())
    with Archive.open(sqlite) as archive:
        write(archive, recent)
        now = samples(prometheus_text(lambda: read_metrics(archive)))
        assert now["veritas_audits_in_progress", "audit", "requested"] == 1
    assert before["veritas_findings_total", "countdown_resets"] == 1
    assert before["veritas_audit_duration_seconds_bucket", "13"] == 1
    assert before["veritas_audit_duration_seconds_bucket", "8"] == 0
    assert before["veritas_audit_duration_seconds_sum",] == 10


def test_a_failure_is_counted_by_the_kind_of_its_first_error(sqlite: str) -> None:
    """A signal that killed the child is the cause, whatever failed before."""

    def failed(number: int, *errors: dict[str, str], exit_code: int = 1, phase: str = "scout") -> Recording:
        audit_id = f"vrts_{number:016x}"
        run = Recording(f"{audit_id}.1")
        run.recorder(requested(audit_id=audit_id))
        for seq, extra in enumerate(errors, 1):
            run.child(phase, "error", seq=seq, extra=extra)
        run.recorder(ProcessExited(exit_code, len(errors), {}))
        run.recorder(RunFinished("failed", "queue", "It failed."))
        return run

    with Archive.open(sqlite) as archive:
        for run in (
            failed(1, {"kind": "browser"}, {"kind": "page"}),
            failed(2, {"kind": "page"}, exit_code=-9),
            failed(3, {"error": "KeyError", "traceback": "…"}),
            failed(4, {"error": "VeritasError"}, phase="complete"),
            failed(5, {"kind": "of another program"}),
            failed(6),
        ):
            write(archive, run)
        assert read_metrics(archive).failures == {"browser": 1, "killed": 1, "bug": 1, "page": 1, "other": 2}


@pytest.fixture
def invoke(sqlite: str) -> Invoke:
    """Run the command line on a log with a completed, a failed and a running audit."""
    with Archive.open(sqlite) as archive:
        for run in (whole_run(), failed_run(), running_run()):
            write(archive, run)
    return invoke_in(Path(sqlite))


def test_the_command_shows_the_same_in_each_format(invoke: Invoke) -> None:
    shown = invoke("metrics", "--format", "json").json
    assert shown["ended"] == {"audit": {"completed": 1, "failed": 1}}
    assert shown["findings"] == {"countdown_resets": {"findings": 1, "audits": 1}}
    text = samples(invoke("metrics", "--format", "prometheus").stdout.encode())
    assert text["veritas_audits_total", "audit", "failed"] == 1
    table = invoke("metrics").stdout
    assert "completed\t1\t50%" in table and "countdown_resets\t1\t1\t100%" in table and RUNNING not in table


def test_prometheus_counts_from_the_beginning(invoke: Invoke) -> None:
    refused = invoke("metrics", "--format", "prometheus", "--since", "1d")
    assert (refused.status, refused.stdout) == (2, "")
    assert "leave out --since, or give another format" in refused.stderr
    assert invoke("metrics", "--since", "1d", "--format", "json").json["ended"] == {}


@pytest.mark.parametrize("error", [StoreError("The log cannot be read."), KeyError("a status of a newer fleet")])
def test_a_log_or_a_queue_that_cannot_be_read_is_down(sqlite: str, error: Exception) -> None:
    """Whatever the error is: an answer without `veritas_up` would set off no alert."""
    reported: list[Exception] = []

    def queue() -> QueueState:
        raise error

    with Archive.open(sqlite) as archive:
        text = generate_latest(registry_of(lambda: read_metrics(archive, queue=queue), reported.append))
    assert (samples(text), reported) == ({("veritas_up",): 0}, [error])


@pytest.mark.parametrize("replaced", [False, True])
def test_a_log_that_was_deleted_or_replaced_is_down(sqlite: str, replaced: bool) -> None:
    """SQLite itself would go on reading the deleted file; that stays so until the log is opened again."""
    with Archive.open(sqlite) as archive:
        write(archive, whole_run())
    with Archive.open(sqlite) as archive:
        assert samples(prometheus_text(lambda: read_metrics(archive)))["veritas_up",] == 1
        other = Path(f"{sqlite}.other")
        Archive.open(other).close()
        other.replace(sqlite) if replaced else Path(sqlite).unlink()
        for _ in range(2):
            assert samples(prometheus_text(lambda: read_metrics(archive))) == {("veritas_up",): 0}


def test_the_metrics_of_a_log_with_a_fleet_have_its_queue(postgresql: str) -> None:
    """A job that is for later waits, and is not due; before the fleet is set up there is no queue."""
    with Archive.open(postgresql) as archive:
        write(archive, whole_run())
    invoke = invoke_in(postgresql)
    assert invoke("metrics", "--format", "json").json["queue"] is None
    assert invoke("fleet", "setup").status == 0
    assert invoke("submit", "http://a.test/", "http://b.test/").status == 0
    assert invoke("submit", "http://c.test/", "--at", "2999-01-01").status == 0
    queue = invoke("metrics", "--format", "json").json["queue"]
    assert queue == {"jobs": {"default": {"waiting": 3}}, "due": 2, "workers": 0}
    text = samples(invoke("metrics", "--format", "prometheus").stdout.encode())
    assert text["veritas_queue_jobs", "default", "waiting"] == 3 and text["veritas_workers",] == 0
