"""Several runs of one audit distinguish the differences that the queue causes from those of the site itself."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import pytest

from tests.nondeterministic.site import serve_nondeterministic_site
from tests.nondeterministic.validating import FAULTS, validate
from veritas.archive.archive import Archive
from veritas.events.recorder_events import ComparisonMade, DifferenceFound, RunFinished
from veritas.projections.audit_state import AuditState
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.rerun import Rerun
from veritas.recording.run import RunOutcome, new_audit_id

SEED = 20
LINE = '##PROGRESS:{"phase":"scout","step":"done","pct":25,"seq":1,"detail":"%s"}'


@pytest.fixture
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("reruns") / "log.db") as archive:
        yield archive


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serve_nondeterministic_site(SEED) as url:
        yield url


def rerun_of(archive: Archive, *command: str, descriptions: list[str] | None = None) -> Rerun:
    audit_id = new_audit_id()
    return Rerun(
        lambda decision, conclude: AuditRunner(
            audit_id, None, None, archive=archive, decision=decision, command=command, conclude=conclude
        ),
        archive=archive,
        starting=(descriptions if descriptions is not None else []).append,
    )


def run(rerun: Rerun) -> RunOutcome:
    return asyncio.run(rerun.run(lambda message: None))


def differences_in(archive: Archive, comparison: ComparisonMade) -> list[DifferenceFound]:
    """Return the differences that the last run records, and check that only that run has the comparison."""
    last = [event.from_recorder for event in archive.events(comparison.runs[-1]) if event.source == "recorder"]
    assert [type(event) for event in last[-2:]] == [ComparisonMade, RunFinished]
    assert last[-2] == comparison
    for earlier in comparison.runs[:-1]:
        assert AuditState.of(archive.events(earlier)).comparison is None
    return [event for event in last if isinstance(event, DifferenceFound)]


def test_a_site_that_always_changes_is_equal_over_both_transports(archive: Archive, site: str) -> None:
    """Its prices and banners differ, and differ between two runs over stdout as well."""
    comparison = validate(archive, site)
    assert (comparison.by, comparison.equal, comparison.error) == ("rerun", True, None)
    assert differences_in(archive, comparison) == []
    assert [AuditState.of(archive.events(run)).effective_mode for run in comparison.runs[:3]] == [
        "stdout",
        "stdout",
        "queue",
    ]
    assert {"vision/measured summary.price", "vision/price detail"} <= set(comparison.noise)
    assert comparison.hidden["timings"] > 0
    assert comparison.counts["stdout"] == comparison.counts["queue"] > 97


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_queue_is_found_among_the_noise(archive: Archive, site: str, fault: str) -> None:
    comparison = validate(archive, site, fault)
    assert not comparison.equal
    found = differences_in(archive, comparison)
    assert (comparison.differences, sum(comparison.kinds.values())) == (len(found), len(found))
    differences = {(each.kind, each.category, each.at_source, each.first, each.path) for each in found}
    match fault:
        case "drop":
            assert ("missing", "transport", "queue", 97, "") in differences
        case "swap":
            assert {("reordered", "transport")} <= {(each.kind, each.category) for each in found}
        case "mangle":
            titles = [each for each in found if (each.phase, each.path) == ("scout", "summary.title")]
            assert (titles[0].before, titles[0].after) == ("Stück 0", "St?ck 0")
        case "round":
            weights = [each for each in found if each.path == "summary.weight"]
            assert (weights[0].before, weights[0].after) == (0.125, 0.1)


def test_a_difference_is_checked_in_two_more_rounds_before_it_counts(archive: Archive) -> None:
    """Here the queue really makes a difference: the program emits which transport it was given."""
    descriptions: list[str] = []
    program = (
        "import os; from veritas.core.ipc import deserialize_queue_from_env as find; queue = find();"
        "event = {'phase': 'scout', 'step': 'x', 'seq': 1, 'detail': 'with' if queue else 'without'};"
        "queue.put(event) if queue else print('##PROGRESS:' + __import__('json').dumps(event))"
    )
    rerun = rerun_of(archive, sys.executable, "-c", program, descriptions=descriptions)
    outcome = run(rerun)
    assert not outcome.ok and outcome.comparison is not None
    audit_id = outcome.run_id.rpartition(".")[0]
    modes = ["stdout", "stdout", "queue", "stdout", "queue", "stdout", "queue"]
    assert outcome.comparison.runs == archive.runs(audit_id) == [f"{audit_id}.{number}" for number in range(1, 8)]
    assert descriptions == [f"Run {audit_id}.{number}, over {mode}" for number, mode in enumerate(modes, 1)]
    (found,) = differences_in(archive, outcome.comparison)
    assert (found.kind, found.category, found.path, found.before, found.after) == (
        "altered",
        "content",
        "detail",
        "without",
        "with",
    )


def test_a_program_that_does_not_use_the_queue_cannot_be_compared(archive: Archive) -> None:
    outcome = run(rerun_of(archive, "echo", LINE % "hello"))
    assert not outcome.ok and outcome.status == "completed" and outcome.comparison is not None
    assert len(outcome.comparison.runs) == 3
    assert outcome.comparison.error is not None and "no event came over queue" in outcome.comparison.error


def test_a_run_that_fails_is_the_last_and_no_runs_are_compared(archive: Archive) -> None:
    outcome = run(rerun_of(archive, "sh", "-c", f"echo '{LINE % 'x'}'; exit 3"))
    assert (outcome.status, outcome.ok) == ("failed", False)
    comparison = AuditState.of(archive.events(outcome.run_id)).comparison
    assert comparison is not None and not comparison.equal
    assert comparison.error == f"The queue and stdout cannot be compared: run '{outcome.run_id}', over stdout, failed."
    assert comparison.runs == [outcome.run_id] == archive.runs(outcome.run_id.rpartition(".")[0])


def test_an_interrupt_ends_the_current_run_and_starts_no_other(archive: Archive) -> None:
    rerun = rerun_of(archive, "sh", "-c", f"echo '{LINE % 'x'}'; exec sleep 60")

    async def interrupted() -> None:
        started = asyncio.Event()
        task = asyncio.create_task(rerun.run(lambda message: started.set()))
        await started.wait()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
    state = AuditState.of(archive.events(rerun.run_id))
    assert (state.status, state.comparison) == ("interrupted", None)
    assert archive.runs(state.audit_id) == [rerun.run_id]
