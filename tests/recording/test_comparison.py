"""Every difference stands in the log before what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.logs import write
from tests.projections.recordings import RUN, whole_run
from veritas.archive.archive import Archive
from veritas.events.recorder_events import ComparisonMade, DifferenceFound
from veritas.recording.comparison import record_comparison, record_tee
from veritas.recording.recorder import RunRecorder


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "log.db") as archive:
        yield archive


def differences() -> Iterator[DifferenceFound]:
    for number in range(1, 2502):
        yield DifferenceFound("altered" if number % 2 else "missing", "transport", None, number, number)


def test_all_differences_are_recorded_a_thousand_at_a_time(archive: Archive) -> None:
    made = record_comparison(RunRecorder(archive.log, RUN), differences(), ComparisonMade("tee", True, {"queue": 1}))
    assert (made.equal, made.differences, made.kinds) == (False, 2501, {"altered": 1251, "missing": 1250})
    *found, last = archive.events(RUN)
    assert [event.from_recorder for event in found] == list(differences())
    assert last.from_recorder == made
    assert len({event.recorded_at for event in found}) <= 3


def test_without_a_difference_or_an_error_it_is_equal(archive: Archive) -> None:
    recorder = RunRecorder(archive.log, RUN)
    assert record_comparison(recorder, (), ComparisonMade("tee", False, {})).equal
    assert not record_comparison(recorder, (), ComparisonMade("tee", True, {}, error="Nothing came.")).equal


@pytest.mark.parametrize(
    ("sources", "cause"),
    [(("queue",), "events came over queue only"), (("stdout",), "events came over stdout only")],
)
def test_what_came_over_one_alone_cannot_be_compared(archive: Archive, sources: tuple[str, ...], cause: str) -> None:
    """Which is no difference of thousands, and not equal either."""
    write(archive, whole_run(*sources))
    made = record_tee(archive, RunRecorder(archive.log, RUN))
    assert (made.equal, made.differences) == (False, 0)
    assert made.error == f"The queue and stdout cannot be compared: {cause}."


def test_a_run_without_events_cannot_be_compared(archive: Archive) -> None:
    made = record_tee(archive, RunRecorder(archive.log, RUN))
    assert made.error == "The queue and stdout cannot be compared: no event came over either."
