"""The recorder's events are read back as they were written."""

from __future__ import annotations

from msgspec.structs import fields

from veritas.events.job import Job
from veritas.events.progress import FIELDS, ProgressEvent, decode_event
from veritas.events.recorder_events import (
    RECORDER_TYPES,
    AuditRequested,
    ComparisonMade,
    DifferenceFound,
    GapFound,
    RecorderEvent,
    recorder_event,
)


def read_back(event: RecorderEvent) -> RecorderEvent | None:
    return recorder_event(decode_event(event.encode(seq=1, timestamp=2.0)))


def test_a_difference_has_the_phase_and_step_of_its_event() -> None:
    """They are fields of every event, so that a search for a phase finds the differences in it."""
    event = DifferenceFound("altered", "content", None, 3, 3, "scout", "done", "detail", {"absent": True}, "x")
    assert read_back(event) == event
    decoded = decode_event(event.encode(seq=1, timestamp=2.0))
    assert (decoded.phase, decoded.step) == ("scout", "done")
    without = DifferenceFound("state", "content", None, None, None, path="pct", before=1, after=2.5)
    assert read_back(without) == without


def test_the_valid_values_of_a_tee_that_an_older_version_recorded_are_read() -> None:
    assert ComparisonMade.of_tee({"equal": "yes", "counts": {"queue": 3, "stdout": "x"}, "differences": None}) == (
        ComparisonMade("tee", False, {"queue": 3})
    )
    assert ComparisonMade.of_tee({}) == ComparisonMade("tee", False, {})


def test_a_recorder_event_is_read_back_as_its_type() -> None:
    event = GapFound(at_source="queue", first=3, last=5)
    assert read_back(event) == event


def test_an_event_that_lacks_a_field_of_its_type_is_not_typed() -> None:
    """A log that was tampered with can still be read."""
    assert recorder_event(ProgressEvent(type="gap_found", extra={"first": 1})) is None


def test_half_a_character_in_a_field_does_not_keep_a_log_from_being_read() -> None:
    """Neither in the name of a field that another version has, nor in the place of a number."""
    fields_of_gap = {"at_source": "queue", "first": 3, "last": 5}
    for odd in ({"\ud83d": 1}, {"first": "\ud83d"}):
        assert recorder_event(ProgressEvent(type="gap_found", extra=fields_of_gap | odd)) is None


def test_every_recorder_type_is_documented_and_its_fields_do_not_clash_with_an_events() -> None:
    assert "run_finished" in RECORDER_TYPES
    for name, kind in RECORDER_TYPES.items():
        assert kind.__doc__ and not kind.__doc__.startswith(kind.__name__ + "("), name
        own = {field.name for field in fields(kind)} - {
            "phase",
            "step",
        }  # these have the meaning that they have in every event
        assert not own & set(FIELDS), name


def test_a_request_has_the_batch_the_tags_and_the_job_that_it_belongs_to() -> None:
    job = Job("17", "urgent", 2, "worker-1", "host.test")
    event = AuditRequested("a", "http://shop.test/", None, "audit", batch="btch_1", tags=["shops", "eu:2"], job=job)
    assert read_back(event) == event
    assert str(job) == "17 of urgent, attempt 2, by worker-1 on host.test"


def test_a_request_that_an_older_version_recorded_belongs_to_nothing() -> None:
    body = b'{"type":"audit_requested","timestamp":2.0,"seq":1,"audit_id":"a","url":null,"tier":null,"origin":"ingest"}'
    assert recorder_event(decode_event(body)) == AuditRequested("a", None, None, "ingest")
