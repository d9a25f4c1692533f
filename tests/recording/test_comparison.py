"""The differences are recorded before the comparison that counts them."""

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
    comparison = record_comparison(
        RunRecorder(archive.log, RUN), differences(), ComparisonMade("tee", True, {"queue": 1})
    )
    assert (comparison.equal, comparison.differences, comparison.kinds) == (
        False,
        2501,
        {"altered": 1251, "missing": 1250},
    )
    *recorded, last = archive.events(RUN)
    assert [event.from_recorder for event in recorded] == list(differences())
    assert last.from_recorder == comparison
    assert len({event.recorded_at for event in recorded}) <= 3


def test_without_a_difference_or_an_error_it_is_equal(archive: Archive) -> None:
    recorder = RunRecorder(archive.log, RUN)
    assert record_comparison(recorder, (), ComparisonMade("tee", False, {})).equal
    assert not record_comparison(recorder, (), ComparisonMade("tee", True, {}, error="Nothing came.")).equal


@pytest.mark.parametrize(
    ("sources", "cause"),
    [(("queue",), "events came over queue only"), (("stdout",), "events came over stdout only")],
)
def test_events_over_one_transport_alone_cannot_be_compared(
    archive: Archive, sources: tuple[str, ...], cause: str
) -> None:
    """That does not count as differences, and the comparison is not equal either."""
    write(archive, whole_run(*sources))
    comparison = record_tee(archive, RunRecorder(archive.log, RUN))
    assert (comparison.equal, comparison.differences) == (False, 0)
    assert comparison.error == f"The queue and stdout cannot be compared: {cause}."


def test_a_run_without_events_cannot_be_compared(archive: Archive) -> None:
    comparison = record_tee(archive, RunRecorder(archive.log, RUN))
    assert comparison.error == "The queue and stdout cannot be compared: no event came over either."
