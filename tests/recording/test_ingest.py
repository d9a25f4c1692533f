"""A captured stdout log becomes a run that contains all of it."""

import pytest

from veritas.archive.archive import Archive
from veritas.errors import NoEvents
from veritas.projections.audit_state import AuditState
from veritas.recording.ingest import ingest

LINE = b'##PROGRESS:{"phase":"scout","step":"navigating","pct":10,"detail":"%d"}\n'


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "log.db") as archive:
        yield archive


def ingest_bytes(archive, *chunks, **options):
    (outcome,) = ingest(archive, iter(chunks), name="captured.log", **options).outcomes.values()
    return outcome, list(archive.events(outcome.run_id))


def test_events_and_other_output_are_recorded_in_order(archive):
    """The result does not depend on the chunks in which the file is read."""
    data = b"starting\n" + LINE % 1 + b"warning\n" + LINE % 2
    outcome, events = ingest_bytes(archive, data[:30], data[30:])
    assert outcome.ok
    assert [(r.source, r.event.detail) for r in events if r.source == "stdout"] == [("stdout", "1"), ("stdout", "2")]
    assert "".join(r.event.extra["text"] for r in events if r.event.type == "output_captured") == "starting\nwarning\n"
    assert AuditState.of(events).status == "completed"


def test_output_without_events_leaves_nothing_in_the_log(archive):
    with pytest.raises(NoEvents, match=r"'captured\.log' contains no event: it looks like text without progress lines"):
        ingest_bytes(archive, b"just noise\n")
    assert archive.log.head() == 0


def test_output_without_events_can_be_kept_as_a_failed_run(archive):
    """Its output is recorded."""
    outcome, events = ingest_bytes(archive, b"just noise\n", keep=True)
    assert outcome.status == "failed"
    assert "contains no event" in outcome.error
    assert [r.event.extra["text"] for r in events if r.event.type == "output_captured"] == ["just noise\n"]
    assert ingest_bytes(archive, keep=True)[0].error.startswith(
        "'captured.log' contains no event: it looks like an empty"
    )


def test_what_precedes_the_first_event_is_recorded_however_long_it_is(archive):
    noise = b"noise\n" * 500_000
    outcome, events = ingest_bytes(
        archive, *(noise[at : at + 100_000] for at in range(0, len(noise), 100_000)), LINE % 1
    )
    assert outcome.ok
    assert "".join(r.event.extra["text"] for r in events if r.event.type == "output_captured") == noise.decode()


def test_what_was_read_before_a_read_error_is_recorded(archive):
    """The run fails with the error."""

    def chunks():
        yield LINE % 1
        raise OSError(5, "Input/output error")

    (outcome,) = ingest(archive, chunks(), name="captured.log").outcomes.values()
    assert outcome.status == "failed"
    assert "Input/output error" in outcome.error
    assert AuditState.of(archive.events(outcome.run_id)).emitted == 1


def test_a_read_error_before_the_first_event_is_reported(archive):
    def chunks():
        yield b"noise\n"
        raise OSError(5, "Input/output error")

    with pytest.raises(NoEvents, match="could not be read to its end: Input/output error"):
        ingest(archive, chunks(), name="captured.log")


def test_an_interruption_leaves_what_was_read_before(archive):
    def chunks():
        yield LINE % 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(archive, chunks(), name="captured.log", new_id=lambda: "vrts_1")
    state = AuditState.of(archive.events("vrts_1.1"))
    assert (state.status, state.emitted) == ("interrupted", 1)


def test_numbers_that_are_missing_in_the_log_are_recorded(archive):
    line = b'##PROGRESS:{"phase":"a","seq":%d}\n'
    _, events = ingest_bytes(archive, line % 1 + line % 4)
    state = AuditState.of(events)
    assert [(gap.first, gap.last) for gap in state.gaps] == [(2, 3)]
    assert state.drops[0].count == 2


def test_a_checkpoint_covers_the_run_when_it_has_ended(archive):
    _, events = ingest_bytes(archive, LINE % 1)
    assert events[-1].event.type == "run_finished"
    *_, last = archive.log.checkpoints()
    assert last.size == events[-1].position


def test_a_checkpoint_that_cannot_be_signed_does_not_make_the_run_fail(archive, monkeypatch, tmp_path):
    """The log has the reason."""
    monkeypatch.setenv("VERITAS_KEY", str(tmp_path / "none.key"))
    outcome, events = ingest_bytes(archive, LINE % 1)
    assert outcome.ok
    assert [recorded.event.type for recorded in events[-2:]] == ["run_finished", "checkpoint_failed"]
    assert "none.key" in events[-1].event.extra["error"]
    assert AuditState.of(events).status == "completed"
    assert list(archive.log.checkpoints()) == []
