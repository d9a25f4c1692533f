"""The matrix counts every validated run once, and says why a run could not be compared."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.cli.logs import write
from tests.diff.tees import comparison_made, difference, requested_at, rerun, run_id, tee_run
from tests.projections.recordings import Recording, selected, whole_run
from veritas.archive.archive import Archive
from veritas.archive.redaction import redact, select_observations
from veritas.diff.transports.matrix import Matrix, matrix
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import RunFinished


def matrix_of(directory: Path, runs: Iterable[Recording], **window: float) -> Matrix:
    with Archive.open(directory / "log.db") as archive:
        for run in runs:
            write(archive, run)
        return matrix(archive, **window)


def test_runs_that_were_not_validated_do_not_count(tmp_path: Path) -> None:
    """Not even a run that fell back, which used both transports one after the other."""
    totals = matrix_of(tmp_path, [tee_run(1), whole_run("queue"), fell_back()])
    assert (totals.validated, totals.compared, totals.equal) == (1, 1, 1)


def fell_back() -> Recording:
    run = rerun(9, 1, "queue", ended=False)
    plain = Recording(run.run_id)
    for source, event, when in run.entries:
        if source == "recorder" and getattr(event, "type", "") == "ipc_mode_selected":
            event = selected("queue")
        plain.entries.append((source, event, when))
    plain.child("scout", "done", seq=2, source="stdout")
    plain.recorder(RunFinished("completed", "queue+stdout"))
    return plain


def test_a_differing_field_is_listed_with_its_runs_and_examples(tmp_path: Path) -> None:
    altered = {2: {"summary": {"links": [{"url": "a"}, {"url": "x"}]}}}
    other = {3: {"summary": {"links": [{"url": "y"}, {"url": "b"}]}}}
    totals = matrix_of(
        tmp_path, [tee_run(1), tee_run(2, over_stdout=altered), tee_run(3, over_stdout=other), tee_run(4)]
    )
    assert (totals.equal, totals.different, list(totals.different_runs)) == (2, 2, [run_id(2), run_id(3)])
    field = next(field for field in totals.fields if field.kind == "altered")
    assert (field.event, field.field, field.runs, field.count) == ("scout/navigating", "summary.links[].url", 2, 2)
    assert [(one.run_id, one.seq, one.before, one.after) for one in field.examples] == [
        (run_id(2), 2, "x", "b"),
        (run_id(3), 3, "y", "a"),
    ]
    assert totals.kinds["altered"] == totals.categories["transport"] == {"runs": 2, "count": 2}


def test_a_recorded_comparison_is_used(tmp_path: Path) -> None:
    event = difference(category="verdict", path="summary.trust_score", before=44, after=47)
    latency = {"first": {"queue": 2, "stdout": 1}, "lead_ms": {"p95": 3.0}, "delay_ms": {"queue": {"p50": 1.5}}}
    recorded_comparison = comparison_made(equal=False, differences=1, latency=latency)
    slower = comparison_made(latency={"first": {"queue": 3}, "lead_ms": {"p95": 5.0}, "delay_ms": None})
    totals = matrix_of(
        tmp_path,
        [tee_run(1, recorded=(event, recorded_comparison), tee=False), tee_run(2, recorded=(slower,), tee=False)],
    )
    assert (totals.different, totals.fields[0].field, totals.fields[0].category) == (
        1,
        "summary.trust_score",
        "verdict",
    )
    assert totals.first == {"queue": 5, "stdout": 1}
    assert totals.latency == {
        "delay_ms.queue.p50": {"runs": 1, "median": 1.5, "worst": 1.5},
        "lead_ms.p95": {"runs": 2, "median": 4.0, "worst": 5.0},
    }


def test_a_run_without_a_recorded_comparison_is_compared_now(tmp_path: Path) -> None:
    totals = matrix_of(tmp_path, [tee_run(1, tee=False), tee_run(2, tee=False, lost=(("queue", 2),))])
    assert (totals.equal, totals.different, totals.fields[0].kind) == (1, 1, "missing")


def test_an_audit_that_was_run_several_times_counts_once(tmp_path: Path) -> None:
    recorded_comparison = comparison_made(
        by="rerun", counts={"stdout": 1, "queue": 1}, runs=[run_id(1, n) for n in (1, 2, 3)]
    )
    runs = [rerun(1, 1, "stdout"), rerun(1, 2, "stdout"), rerun(1, 3, "queue", recorded_comparison)]
    broken_off = [
        rerun(2, 1, "stdout"),
        rerun(2, 2, "stdout", comparison_made(by="rerun", equal=False, error="It broke.")),
    ]
    totals = matrix_of(tmp_path, [*runs, *broken_off])
    assert (totals.validated, totals.equal, totals.by) == (2, 1, {"rerun": 1})
    assert [(run.run_id, run.reason, run.sentence) for run in totals.uncompared] == [
        (run_id(2, 2), "failed", "It broke.")
    ]


def test_a_rerun_without_a_comparison_is_uncompared(tmp_path: Path) -> None:
    totals = matrix_of(tmp_path, [rerun(1, 1, "stdout")])
    assert [(run.run_id, run.reason) for run in totals.uncompared] == [(run_id(1), "failed")]
    assert totals.uncompared[0].sentence == "The audit was to be run again for a comparison, and was not."


@pytest.mark.parametrize(
    ("run", "reason", "sentence"),
    [
        (tee_run(1, over=("stdout",)), "one_transport", "only one transport delivered any: 3 events over stdout"),
        (
            tee_run(
                1, over=("queue",), tee=False, recorded=(comparison_made(counts={"queue": 3}, error="None came."),)
            ),
            "one_transport",
            "only one transport delivered any: 3 events over queue",
        ),
        (
            tee_run(1, tee=False, recorded=(comparison_made(equal=False, error="It broke."),)),
            "failed",
            "It broke.",
        ),
        (tee_run(1, over=()), "one_transport", "neither transport delivered any"),
        (tee_run(1, ended=False), "running", "it has not ended yet"),
        (
            tee_run(1, status="interrupted", lost=(("queue", 3),)),
            "interrupted",
            "it was interrupted, and its transports may have delivered different parts of it",
        ),
        (
            tee_run(1, ended=False, recorder=replace(ProcessIdentity.own(), started="1")),
            "abandoned",
            "the process that recorded it exited without recording its end",
        ),
    ],
    ids=["one", "one as recorded", "failed", "none", "running", "interrupted", "abandoned"],
)
def test_a_run_that_cannot_be_compared_is_listed_with_its_reason(
    tmp_path: Path, run: Recording, reason: str, sentence: str
) -> None:
    totals = matrix_of(tmp_path, [run, tee_run(2)])
    assert (totals.validated, totals.compared) == (2, 1)
    assert [(one.run_id, one.reason, one.sentence) for one in totals.uncompared] == [(run_id(1), reason, sentence)]


def test_a_run_redacted_before_its_comparison_is_not_equal(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, tee_run(1, tee=False))
        redact(archive, run_id(1), select_observations(archive, run_id(1), 2), reason="A name", by="me")
        totals = matrix(archive)
    (run,) = totals.uncompared
    assert (run.reason, run.sentence) == ("redacted", "the content of 1 event was removed, and the rest is equal")


def test_the_time_range_is_half_open(tmp_path: Path) -> None:
    totals = matrix_of(tmp_path, map(tee_run, (1, 2, 3)), since=requested_at(2), until=requested_at(3))
    assert (totals.validated, totals.as_dict()["since"]) == (1, "2025-11-22T08:28:40.000000Z")


def test_an_empty_log_gives_an_empty_matrix(tmp_path: Path) -> None:
    totals = matrix_of(tmp_path, [])
    assert (totals.validated, totals.fields, totals.uncompared) == (0, (), ())
