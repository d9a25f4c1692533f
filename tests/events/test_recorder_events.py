"""What the recorder writes is read back as what it was."""

from __future__ import annotations

from veritas.events.progress import decode_event
from veritas.events.recorder_events import ComparisonMade, DifferenceFound, RecorderEvent, recorder_event


def read_back(said: RecorderEvent) -> RecorderEvent | None:
    return recorder_event(decode_event(said.encode(seq=1, timestamp=2.0)))


def test_a_difference_has_the_phase_and_step_of_its_event() -> None:
    """They are the event's own, so that whoever looks for a phase finds what differed in it."""
    said = DifferenceFound("altered", "content", None, 3, 3, "scout", "done", "detail", {"absent": True}, "x")
    assert read_back(said) == said
    event = decode_event(said.encode(seq=1, timestamp=2.0))
    assert (event.phase, event.step) == ("scout", "done")
    without = DifferenceFound("state", "content", None, None, None, path="pct", before=1, after=2.5)
    assert read_back(without) == without


def test_what_an_older_version_said_of_a_tee_is_read_as_far_as_it_makes_sense() -> None:
    assert ComparisonMade.of_tee({"equal": "yes", "counts": {"queue": 3, "stdout": "x"}, "differences": None}) == (
        ComparisonMade("tee", False, {"queue": 3})
    )
    assert ComparisonMade.of_tee({}) == ComparisonMade("tee", False, {})
