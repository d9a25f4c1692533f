"""Metrics and the gate's input contain what was recorded, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from store.errors import ReadModelAltered
from store.log import Record
from tests.projections.recordings import requested
from tests.store.raw import raw_connection
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.errors import UsageError
from veritas.events.json import encode_json
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import (
    TEE,
    ComparisonMade,
    EventsDropped,
    IpcFellBack,
    IpcModeSelected,
    ProcessExited,
    RecorderEvent,
    RunFinished,
)
from veritas.recording.recorder import RunRecorder
from veritas.rollout.gate import judge
from veritas.rollout.ledger import Ledger
from veritas.rollout.metrics import Tally
from veritas.rollout.plan import DEFAULT_PLAN, Plan, Stage
from veritas.rollout.queries import read_gate_input, read_metrics
from veritas.rollout.thresholds import Thresholds

WHY: dict[str, Any] = {"by": "jane@desk", "reason": "because"}
NAME = "queue-ipc"
DAY = 86_400.0
_numbers = count(1)


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    with Archive.open(database) as opened:
        yield opened


def split(mode: str, *, stage: str = "stage 10%", share: float = 0.1, rollout: str = NAME) -> IpcModeSelected:
    return IpcModeSelected(mode, "SPLIT", rollout, 0.05, share, stage)


def by_flag(mode: str) -> IpcModeSelected:
    return IpcModeSelected(mode, "STATIC", f"--{mode}", None, None, None)


def write_run(
    archive: Archive,
    decision: IpcModeSelected,
    *facts: RecorderEvent,
    at: float = 1_700_000_000.0,
    status: str | None = "completed",
    wall: float = 4.0,
    delay: float = 0.010,
    queue_start: float | None = None,
    tier: str = "quick_scan",
    emitted: int | None = 2,
) -> str:
    """Record a run of two events, at the given times; return its id."""
    audit_id = f"vrts_{next(_numbers):016x}"
    now = [at]
    recorder = RunRecorder(archive.log, f"{audit_id}.1", clock=lambda: now[0])
    recorder.note(requested(audit_id=audit_id, url="http://shop.test/", tier=tier), decision)
    source = "stdout" if decision.mode == "stdout" else "queue"
    for seq in (1, 2):
        body = encode_event(ProgressEvent("progress", "scout", "navigating", seq=seq, timestamp=now[0]))
        now[0] += delay
        recorder.record([EventReceived(source, body)])
    if status is not None:
        recorder.note(*facts, ProcessExited(0, emitted, recorder.received), recorder.measurements(queue_start))
        now[0] = at + wall
        recorder.note(RunFinished(status, source))
    return recorder.run_id


def lose_after(archive: Archive, decision: IpcModeSelected, change: Callable[[], object]) -> str:
    """Record a run that is in progress while the ledger changes, and that loses an event; return its id."""
    audit_id = f"vrts_{next(_numbers):016x}"
    recorder = RunRecorder(archive.log, f"{audit_id}.1")
    recorder.note(requested(audit_id=audit_id, url="http://shop.test/"), decision)
    change()
    recorder.note(EventsDropped.of([(1, 1)]), ProcessExited(0, 1, recorder.received), RunFinished("completed", "queue"))
    return recorder.run_id


def test_a_stage_counts_its_own_runs_by_the_mode_they_were_given(archive: Archive) -> None:
    ledger = Ledger(archive)
    write_run(archive, split("queue", stage="default"))
    ledger.start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("queue"), queue_start=0.25, wall=5.0, delay=0.020)
    write_run(archive, split("stdout"), IpcFellBack("queue", "stdout", "broke", "no"), status="failed")
    write_run(archive, split("stdout"), status="interrupted")
    write_run(archive, split("stdout"), status=None)
    write_run(archive, by_flag("queue"))
    write_run(archive, split("queue", rollout="another"))
    ledger.advance(**WHY)
    write_run(archive, split("queue", stage="stage 25%", share=0.25))

    metrics = read_metrics(archive, NAME, now=7.0)
    first, second = metrics.stages
    assert (first.name, first.share, first.decided, second.name) == ("10%", 0.1, True, "25%")
    assert first.ended_at == second.began_at and second.ended_at is None
    queue, stdout = first.mode("queue"), first.mode("stdout")
    assert (queue.statuses, queue.effective) == ({"completed": 1}, {"queue": 1})
    assert stdout.statuses == {"failed": 1, "interrupted": 1, "running": 1}
    assert (stdout.runs, stdout.judged, stdout.completed, stdout.fell_back) == (3, 1, 0, 1)
    assert (queue.wall.tolist(), queue.throughput.tolist(), queue.start_up.tolist()) == ([5.0], [0.4], [0.25])
    assert {percent: times.tolist() for percent, times in queue.latency.items()} == {
        percent: pytest.approx([0.020], rel=0.011) for percent in (50, 95, 99)
    }
    assert second.mode("queue").runs == 1 and second.mode("stdout").runs == 0
    assert {(other.name, other.decided, other.runs) for other in metrics.others} == {
        ("default", True, 1),
        ("--queue", False, 1),
    }
    (period,) = metrics.periods
    assert (period.at, period.length, period.queue, period.stdout) == (1_699_999_980.0, 60.0, 2, 3)
    assert period.fell_back == 0  # the audit that fell back was given stdout
    assert period.wanted == pytest.approx((4 * 0.1 + 0.25) / 5)


def test_fallbacks_are_counted_by_kind_in_words(archive: Archive) -> None:
    """A kind that this version does not know is counted under its code."""
    Ledger(archive).start(DEFAULT_PLAN, **WHY)
    for kind in ("not_created", "broke", "broke", "evaporated"):
        write_run(archive, split("queue"), IpcFellBack("queue", "stdout", kind, "as it may be"))
    (stage,) = read_metrics(archive, NAME, now=7.0).stages
    assert stage.mode("queue").fallbacks == {"could not be created": 1, "broke": 2, "evaporated": 1}


def test_fallbacks_of_a_log_that_an_older_version_kept_are_counted_by_kind(archive: Archive, database: str) -> None:
    """Its events and its read model have only causes in English: the rows are made again before they are counted."""
    Ledger(archive).start(DEFAULT_PLAN, **WHY)
    cause = "the queue took and confirmed nothing for 40 s"
    run_id = write_run(archive, split("queue"))
    wire = {"from_mode": "queue", "to_mode": "stdout", "cause": cause, "last_confirmed": 1, "sent_again": 1}
    body = encode_json({"type": "ipc_fell_back", "timestamp": 5.0, "seq": 99, **wire})
    archive.log.append([Record(run_id, "recorder", 99, "ipc_fell_back", "", "", None, body, schema_version=1)])
    assert read_metrics(archive, NAME, now=7.0).stages[0].mode("queue").fallbacks == {"stalled": 1}
    with raw_connection(database) as raw:
        raw.execute(f"UPDATE run SET fell_back = '{cause}'")
        raw.execute("UPDATE read_model SET version = 3")
    assert read_metrics(archive, NAME, now=7.0).stages[0].mode("queue").fallbacks == {"stalled": 1}


def test_an_unknown_number_does_not_count_as_zero(archive: Archive) -> None:
    Ledger(archive).start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("queue"), EventsDropped.of([(3, 4)]), emitted=4)
    write_run(archive, split("queue"), emitted=None)
    write_run(archive, split("queue"), ComparisonMade(TEE, equal=False, counts={}, differences=3))
    write_run(archive, split("queue"), status=None)
    queue = read_metrics(archive, NAME).stages[0].mode("queue")
    assert queue.lost == Tally(total=2, runs=1, known=2)
    assert queue.events == Tally(total=6, runs=2, known=2)
    assert queue.mismatched == Tally(total=3, runs=1, known=1)
    assert queue.repeated == Tally(total=0, runs=0, known=3)


def test_a_run_without_an_end_counts_as_not_completed(archive: Archive) -> None:
    """A day after its request, so that runs whose recorder died still count against their mode."""
    Ledger(archive).start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("queue"), status=None)
    write_run(archive, split("queue"), status="interrupted")
    write_run(archive, split("queue"))
    for hours, statuses, judged in (
        (23, {"running": 1, "interrupted": 1, "completed": 1}, 1),
        (25, {"unended": 1, "interrupted": 1, "completed": 1}, 2),
    ):
        now = 1_700_000_000.0 + hours * 3_600
        for stage in (read_metrics(archive, NAME, now=now).stages[0], read_gate_input(archive, NAME, now=now).stage):
            queue = stage.mode("queue")
            assert (queue.statuses, queue.completed, queue.judged) == (statuses, 1, judged)


def test_a_repetition_is_counted(archive: Archive) -> None:
    Ledger(archive).start(DEFAULT_PLAN, **WHY)
    recorder = RunRecorder(archive.log, "vrts_00000000000000ff.1")
    recorder.note(requested(audit_id="vrts_00000000000000ff"), split("queue"))
    body = encode_event(ProgressEvent("progress", "scout", "navigating", seq=1))
    recorder.record([EventReceived("queue", body), EventReceived("queue", body)])
    recorder.record([EventReceived("queue", body)])
    recorder.note(recorder.measurements(None))
    assert read_metrics(archive, NAME).stages[0].mode("queue").repeated == Tally(total=2, runs=1, known=1)


def test_time_ranges_and_tiers_exclude_other_runs(archive: Archive) -> None:
    Ledger(archive).start(DEFAULT_PLAN, **WHY)
    for day in range(3):
        write_run(archive, split("stdout"), at=1_700_000_000.0 + day * DAY)
    write_run(archive, split("stdout"), at=1_700_000_000.0 + DAY, tier="deep_forensic")

    def runs(**window: Any) -> int:
        return read_metrics(archive, NAME, **window).stages[0].runs

    since, until = 1_700_000_000.0 + DAY, 1_700_000_000.0 + 2 * DAY
    assert (runs(), runs(since=since), runs(until=until), runs(since=since, until=until)) == (4, 3, 3, 2)
    assert (runs(tier="deep_forensic"), runs(tier="quick_scan", since=since)) == (1, 2)


def test_the_gates_input_is_of_the_current_stage_only(archive: Archive) -> None:
    ledger = Ledger(archive)
    write_run(archive, by_flag("queue"))
    ledger.start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("queue"))
    ledger.advance(**WHY)
    write_run(archive, split("stdout", stage="stage 25%", share=0.25))
    write_run(archive, by_flag("validate"), ComparisonMade(TEE, equal=False, counts={}, differences=1))
    evidence = read_gate_input(archive, NAME, now=7.0)
    assert (evidence.stage.name, evidence.stage.runs, evidence.at) == ("25%", 1, 7.0)
    assert evidence.next == Stage("50%", 0.5)
    (other,) = evidence.others
    assert (other.name, other.mode("validate").mismatched.total) == ("--validate", 1)


def test_a_run_in_progress_when_its_stage_ends_still_counts(archive: Archive) -> None:
    """At its stage, whether its request was recorded before or after the change; and its losses count for the gate."""
    ledger = Ledger(archive)
    ledger.start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("stdout"), at=1_699_999_000.0)
    lose_after(archive, split("queue"), lambda: ledger.advance(**WHY))
    write_run(archive, split("stdout"))
    write_run(archive, split("queue", stage="stage 25%", share=0.25))
    first, second = read_metrics(archive, NAME).stages
    assert (first.mode("queue").lost.total, first.mode("stdout").runs, second.runs) == (1, 2, 1)
    evidence = read_gate_input(archive, NAME)
    assert evidence.stage.runs == 1
    (other,) = evidence.others
    assert (other.name, other.mode("queue").lost.total, other.mode("stdout").runs) == ("stage 10%", 1, 1)


def test_the_first_runs_that_lost_or_mismatched_are_named(archive: Archive) -> None:
    """Those over the queue, however their mode was decided; none if nothing was lost."""
    ledger = Ledger(archive)
    ledger.start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("queue"))
    subject = read_gate_input(archive, NAME)
    assert (subject.lossy, subject.mismatched) == ((), ())
    lost = EventsDropped.of([(3, 3)])
    write_run(archive, split("stdout"), lost, emitted=3)
    blamed = [
        write_run(archive, decision, lost, emitted=3)
        for decision in (by_flag("queue"), split("queue"), by_flag("validate"), split("queue"))
    ]
    compared = write_run(
        archive, by_flag("validate"), ComparisonMade(TEE, equal=False, counts={}, differences=1), emitted=2
    )
    subject = read_gate_input(archive, NAME)
    assert (subject.lossy, subject.mismatched) == (tuple(blamed[:3]), (compared,))
    assert subject.lost == Tally(total=4, runs=4, known=6)
    verdict = judge(subject, Thresholds())
    assert verdict.reason.startswith(
        f"4 events were lost in 4 audits over the queue: {', '.join(blamed[:3])} and 1 more."
    )


def test_a_run_in_progress_when_its_stage_begins_again_counts_for_the_gate(archive: Archive) -> None:
    ledger = Ledger(archive)
    ledger.start(DEFAULT_PLAN, **WHY)

    def restart() -> None:
        ledger.rollback(**WHY)
        ledger.start(DEFAULT_PLAN, **WHY)

    run_id = lose_after(archive, split("queue"), restart)
    write_run(archive, split("queue"))
    assert [stage.mode("queue").runs for stage in read_metrics(archive, NAME).stages] == [1, 0, 1]
    evidence = read_gate_input(archive, NAME)
    assert evidence.stage.mode("queue").lost.total == 0
    assert [other.mode("queue").lost.total for other in evidence.others] == [1]
    assert evidence.lossy == (run_id,)


def test_runs_of_a_stage_that_is_not_in_the_ledger_are_counted_separately(archive: Archive) -> None:
    """They came from another log, or their stage has its name in another log."""
    write_run(archive, split("queue"))
    Ledger(archive).start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("queue", stage="stage half", share=0.5))
    metrics = read_metrics(archive, NAME)
    assert [stage.runs for stage in metrics.stages] == [0]
    assert [(other.name, other.runs) for other in metrics.others] == [("stage 10%", 1), ("stage half", 1)]


def test_at_100_percent_the_input_includes_the_last_stage_with_both_modes(archive: Archive) -> None:
    ledger = Ledger(archive)
    ledger.start(Plan.parse("10,100"), **WHY)
    write_run(archive, split("stdout"))
    assert read_gate_input(archive, NAME).before is None
    position = ledger.advance(**WHY).last.position
    write_run(archive, split("queue", stage="stage 100%", share=1.0))
    evidence = read_gate_input(archive, NAME)
    assert evidence.before is not None and evidence.before.mode("stdout").completed == 1
    assert (evidence.stage.runs, evidence.position, evidence.held) == (1, position, None)
    held = ledger.hold(**WHY)
    assert read_gate_input(archive, NAME).held == held.last


def test_a_run_that_ended_before_it_began_has_no_duration(archive: Archive) -> None:
    """Its clock was set back."""
    Ledger(archive).start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("queue"), wall=-5.0)
    queue = read_metrics(archive, NAME).stages[0].mode("queue")
    assert (queue.completed, queue.wall.size, queue.throughput.size) == (1, 0, 0)


def test_a_stage_that_begins_again_is_counted_separately(archive: Archive) -> None:
    ledger = Ledger(archive)
    ledger.start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("queue"))
    ledger.rollback(**WHY)
    ledger.start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("queue"))
    write_run(archive, split("stdout"))
    assert [(stage.name, stage.runs) for stage in read_metrics(archive, NAME).stages] == [
        ("10%", 1),
        ("stdout", 0),
        ("10%", 2),
    ]
    assert read_gate_input(archive, NAME).stage.runs == 2


def test_a_rollout_for_a_tier_is_measured_by_its_audits(archive: Archive) -> None:
    Ledger(archive).start(DEFAULT_PLAN, tier="deep_forensic", **WHY)
    write_run(archive, by_flag("queue"))
    write_run(archive, by_flag("queue"), tier="deep_forensic")
    metrics = read_metrics(archive, NAME)
    assert (metrics.tier, [other.runs for other in metrics.others]) == ("deep_forensic", [1])


def test_an_unknown_rollout_cannot_be_measured(archive: Archive) -> None:
    with pytest.raises(UsageError, match="There is no rollout 'queue-ipc'"):
        read_metrics(archive, NAME)
    ledger = Ledger(archive)
    ledger.start(DEFAULT_PLAN, **WHY)
    ledger.rollback(**WHY)
    with pytest.raises(UsageError, match="was rolled back"):
        read_gate_input(archive, NAME)


def test_rows_missing_in_a_log_of_an_older_version_are_computed_first(archive: Archive, database: str) -> None:
    Ledger(archive).start(DEFAULT_PLAN, **WHY)
    write_run(archive, split("queue"))
    with raw_connection(database) as raw:
        raw.execute("UPDATE read_model SET version = 2")
        raw.execute("DELETE FROM run")
    assert read_metrics(archive, NAME).stages[0].runs == 1


def test_a_table_that_was_tampered_with_is_refused(sqlite: str) -> None:
    """SQLite would accept text as a number."""
    with Archive.open(sqlite) as archive:
        Ledger(archive).start(DEFAULT_PLAN, **WHY)
        write_run(archive, split("queue"))
        with raw_connection(sqlite) as raw:
            raw.execute("UPDATE run SET latency_p95 = 'fast' WHERE audit_id <> ''")
        with pytest.raises(ReadModelAltered, match="`veritas db rebuild`"):
            read_metrics(archive, NAME)
