"""The matrix counts every validated run once, and says why one could not be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.logs import write
from tests.diff.tees import found as difference
from tests.diff.tees import made as comparison
from tests.diff.tees import moment_of, rerun, run_id, tee_run
from tests.projections.recordings import Recording, selected, whole_run
from veritas.archive.archive import Archive
from veritas.archive.redaction import choose, redact
from veritas.diff.transports.matrix import Matrix, matrix
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import RunFinished


def matrix_of(directory: Path, runs: Iterable[Recording], **window: float) -> Matrix:
    with Archive.open(directory / "log.db") as archive:
        for run in runs:
            write(archive, run)
        return matrix(archive, **window)


def test_runs_that_were_not_validated_do_not_count(tmp_path: Path) -> None:
    """A run that fell back went over both transports as well, one after the other."""
    found = matrix_of(tmp_path, [tee_run(1), whole_run("queue"), fell_back()])
    assert (found.validated, found.compared, found.equal) == (1, 1, 1)


def fell_back() -> Recording:
    run = rerun(9, 1, "queue", ended=False)
    plain = Recording(run.run_id)
    for source, said, when in run.told:
        if source == "recorder" and getattr(said, "type", "") == "ipc_mode_selected":
            said = selected("queue")
        plain.told.append((source, said, when))
    plain.child("scout", "done", seq=2, source="stdout")
    plain.recorder(RunFinished("completed", "queue+stdout"))
    return plain


def test_a_field_that_differed_is_told_with_its_runs_and_examples(tmp_path: Path) -> None:
    altered = {2: {"summary": {"links": [{"url": "a"}, {"url": "x"}]}}}
    other = {3: {"summary": {"links": [{"url": "y"}, {"url": "b"}]}}}
    found = matrix_of(
        tmp_path, [tee_run(1), tee_run(2, over_stdout=altered), tee_run(3, over_stdout=other), tee_run(4)]
    )
    assert (found.equal, found.different, list(found.different_runs)) == (2, 2, [run_id(2), run_id(3)])
    field = next(field for field in found.fields if field.kind == "altered")
    assert (field.event, field.field, field.runs, field.count) == ("scout/navigating", "summary.links[].url", 2, 2)
    assert [(one.run_id, one.seq, one.before, one.after) for one in field.examples] == [
        (run_id(2), 2, "x", "b"),
        (run_id(3), 3, "y", "a"),
    ]
    assert found.kinds["altered"] == found.categories["transport"] == {"runs": 2, "count": 2}


def test_what_was_recorded_of_a_comparison_is_believed(tmp_path: Path) -> None:
    said = difference(category="verdict", path="summary.trust_score", before=44, after=47)
    latency = {"first": {"queue": 2, "stdout": 1}, "lead_ms": {"p95": 3.0}, "delay_ms": {"queue": {"p50": 1.5}}}
    made = comparison(equal=False, differences=1, latency=latency)
    slower = comparison(latency={"first": {"queue": 3}, "lead_ms": {"p95": 5.0}, "delay_ms": None})
    found = matrix_of(
        tmp_path, [tee_run(1, recorded=(said, made), tee=False), tee_run(2, recorded=(slower,), tee=False)]
    )
    assert (found.different, found.fields[0].field, found.fields[0].category) == (1, "summary.trust_score", "verdict")
    assert found.first == {"queue": 5, "stdout": 1}
    assert found.latency == {
        "delay_ms.queue.p50": {"runs": 1, "median": 1.5, "worst": 1.5},
        "lead_ms.p95": {"runs": 2, "median": 4.0, "worst": 5.0},
    }


def test_a_run_without_a_recorded_comparison_is_compared_now(tmp_path: Path) -> None:
    found = matrix_of(tmp_path, [tee_run(1, tee=False), tee_run(2, tee=False, lost=(("queue", 2),))])
    assert (found.equal, found.different, found.fields[0].kind) == (1, 1, "missing")


def test_an_audit_that_was_run_several_times_counts_once(tmp_path: Path) -> None:
    made = comparison(by="rerun", counts={"stdout": 1, "queue": 1}, runs=[run_id(1, n) for n in (1, 2, 3)])
    runs = [rerun(1, 1, "stdout"), rerun(1, 2, "stdout"), rerun(1, 3, "queue", made)]
    broken_off = [
        rerun(2, 1, "stdout"),
        rerun(2, 2, "stdout", comparison(by="rerun", equal=False, error="It broke.")),
    ]
    found = matrix_of(tmp_path, [*runs, *broken_off])
    assert (found.validated, found.equal, found.by) == (2, 1, {"rerun": 1})
    assert [(run.run_id, run.reason, run.sentence) for run in found.uncompared] == [
        (run_id(2, 2), "failed", "It broke.")
    ]


def test_a_rerun_that_never_came_to_a_comparison_has_none(tmp_path: Path) -> None:
    found = matrix_of(tmp_path, [rerun(1, 1, "stdout")])
    assert [(run.run_id, run.reason) for run in found.uncompared] == [(run_id(1), "failed")]
    assert found.uncompared[0].sentence == "The audit was to be run again to be compared, and was not."


@pytest.mark.parametrize(
    ("run", "reason", "sentence"),
    [
        (tee_run(1, over=("stdout",)), "one_transport", "only one transport delivered any: 3 events over stdout"),
        (
            tee_run(1, over=("queue",), tee=False, recorded=(comparison(counts={"queue": 3}, error="None came."),)),
            "one_transport",
            "only one transport delivered any: 3 events over queue",
        ),
        (
            tee_run(1, tee=False, recorded=(comparison(equal=False, error="It broke."),)),
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
def test_a_run_that_cannot_be_compared_is_told_apart(
    tmp_path: Path, run: Recording, reason: str, sentence: str
) -> None:
    found = matrix_of(tmp_path, [run, tee_run(2)])
    assert (found.validated, found.compared) == (2, 1)
    assert [(one.run_id, one.reason, one.sentence) for one in found.uncompared] == [(run_id(1), reason, sentence)]


def test_a_run_is_not_equal_where_a_part_of_it_was_erased_before_anyone_compared_it(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, tee_run(1, tee=False))
        redact(archive, run_id(1), choose(archive, run_id(1), 2), reason="A name", by="me")
        found = matrix(archive)
    (run,) = found.uncompared
    assert (run.reason, run.sentence) == ("redacted", "the content of 1 event was removed, and the rest is equal")


def test_a_window_is_half_open(tmp_path: Path) -> None:
    found = matrix_of(tmp_path, map(tee_run, (1, 2, 3)), since=moment_of(2), until=moment_of(3))
    assert (found.validated, found.as_dict()["since"]) == (1, "2025-11-22T08:28:40.000000Z")


def test_nothing_is_nothing(tmp_path: Path) -> None:
    found = matrix_of(tmp_path, [])
    assert (found.validated, found.fields, found.uncompared) == (0, (), ())
