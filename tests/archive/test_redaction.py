"""A redacted body is gone from everything that is shown, and everything else is unchanged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cli.logs import write
from tests.databases import database, postgresql, sqlite
from tests.projections.recordings import AUDIT, RUN, START, Recording, requested, whole_run
from veritas.archive.archive import Archive
from veritas.archive.event_json import event_fields
from veritas.archive.redaction import describe_losses, redact, select_observations
from veritas.channels.messages import EventReceived
from veritas.diff.transports.tee import TransportComparison
from veritas.errors import UsageError
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorded import Redaction
from veritas.events.recorder_events import (
    ComparisonMade,
    DifferenceFound,
    ObservationRedacted,
    ProcessExited,
    RunFinished,
)
from veritas.projections.audit_state import AuditState
from veritas.projections.client_messages import ClientMessages
from veritas.projections.run_summary import runs_of
from veritas.recording.recorder import RunRecorder
from veritas.replay.timeline import deduplicated, offsets

__all__ = ["database", "postgresql", "sqlite"]

WHY = {"reason": "a card number", "by": "jane@desk"}
AT = START + 86_400 * 365
HOSTILE = 'a "quote",\n\x1b[2Ja\x00NUL, \ud800 half a pair, {"observation": {"source": "queue", "seq": 1}}'


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    with Archive.open(database) as opened:
        yield opened


def remove(archive: Archive, seq: int, *, source: str | None = None, run_id: str = RUN, **why: str) -> None:
    selected = select_observations(archive, run_id, seq, source=source)
    redact(archive, run_id, selected, **{**WHY, **why}, clock=lambda: AT)  # type: ignore[arg-type]


def state_of(archive: Archive, run_id: str = RUN) -> AuditState:
    return AuditState.of(archive.events(run_id))


def test_a_redacted_event_shows_who_redacted_it_when_and_why(archive: Archive) -> None:
    """Its envelope remains, with its time."""
    write(archive, whole_run())
    before = {event.position: event for event in archive.events(RUN)}
    remove(archive, 3)
    for event in archive.events(RUN):
        if (event.source, event.seq) != ("queue", 3):
            assert event.redacted is None
            assert event.event == before.get(event.position, event).event
            continue
        assert event.redacted == Redaction("jane@desk", "a card number", AT)
        assert event.body is None
        was, now = before[event.position].event, event.event
        assert (now.type, now.phase, now.step, now.timestamp) == (was.type, was.phase, was.step, was.timestamp)
        assert now.detail == "(redacted by jane@desk on 2026-11-22: a card number)"
        assert (now.summary, now.extra, now.pct) == ({}, {}, 0)
        fields = event_fields(event)
        assert fields["body_sha256"] is None
        assert fields["redacted"]["by"] == "jane@desk" and fields["redacted"]["at"].startswith("2026-11-22T")
        with pytest.raises(UsageError, match="were removed from the log"):
            archive.wire(event)
    assert archive.log.verify().fault is None


@pytest.mark.parametrize("sources", [("queue",), ("stdout",), ("queue", "stdout")])
def test_redacting_a_childs_event_leaves_the_rest_of_the_state_unchanged(
    archive: Archive, sources: tuple[str, ...]
) -> None:
    """For every event of the run, all events are still counted once, and the run's end is the same."""
    for seq in range(1, 16):
        run_id = f"vrts_{seq:016x}.1"
        write(archive, whole_run(*sources, run_id=run_id))
        before = state_of(archive, run_id)
        remove(archive, seq, run_id=run_id)
        after = state_of(archive, run_id)
        for name in ("status", "emitted", "started_at", "finished_at", "effective_mode", "rounds", "last_seq", "pct"):
            assert getattr(after, name) == getattr(before, name) or (name, seq) == ("pct", 15), (seq, name)
        assert list(after.seen.ranges()) == [(1, 15)]
        assert [(phase.name, phase.status, phase.events) for phase in after.ordered_phases()] == [
            (phase.name, phase.status, phase.events) for phase in before.ordered_phases()
        ]
        assert len(after.findings) == len(before.findings) - (seq == 9)
        assert len(after.screenshots) == len(before.screenshots) - (seq == 4)
        assert (after.verdict is None) == (seq == 14)
        assert len(after.redactions) == len(sources)
        assert len(list(deduplicated(offsets(archive.events(run_id))))) == 15 + 4 + len(sources)
    assert archive.log.verify().fault is None


def test_an_event_is_redacted_over_both_transports(archive: Archive) -> None:
    """No body contains its text any longer."""
    write(archive, whole_run("queue", "stdout"))
    remove(archive, 9)
    assert [event.source for event in archive.events(RUN) if event.redacted] == ["queue", "stdout"]
    assert all(b"Countdown" not in (event.body or b"") for event in archive.events(RUN) if event.event.phase != "judge")


def test_an_event_can_be_redacted_over_one_transport_alone(archive: Archive) -> None:
    """The description names the other observation, which is kept; it can be redacted afterwards."""
    write(archive, whole_run("queue", "stdout"))
    (kept,) = describe_losses(archive, RUN, select_observations(archive, RUN, 9, source="stdout"))
    assert kept.startswith("The same event also arrived over queue, and stays in the log and in the audit's state; ")
    lost, kept = describe_losses(archive, RUN, select_observations(archive, RUN, 9, source="queue"))
    assert lost == "The audit's state will no longer show this finding.", "it arrived over the queue first"
    assert kept.startswith("The same event also arrived over stdout, and stays in the log, where `veritas events`")
    remove(archive, 9, source="stdout")
    assert len(state_of(archive).findings) == 1
    assert [event.source for event in select_observations(archive, RUN, 9)] == ["queue"]
    remove(archive, 9)
    assert list(describe_losses(archive, RUN, select_observations(archive, RUN, 1))) == []


def test_different_events_under_one_number_are_an_error(archive: Archive) -> None:
    """Events without numbers are numbered by arrival, separately over each transport."""
    recorder = RunRecorder(archive.log, RUN)
    for source in ("queue", "stdout"):
        recorder.record([EventReceived(source, encode_event(ProgressEvent(detail=source, seq=0)))])
    with pytest.raises(UsageError, match="not the same over queue and stdout"):
        select_observations(archive, RUN, 1)
    remove(archive, 1, source="queue")
    assert state_of(archive).emitted == 2


def test_a_redacted_event_is_not_a_difference_of_a_tee(archive: Archive) -> None:
    write(archive, whole_run("queue", "stdout"))
    remove(archive, 9, source="stdout")
    remove(archive, 10)
    comparison = TransportComparison(lambda: archive.events(RUN))
    assert (list(comparison.differences()), comparison.redacted) == ([], 2)
    assert comparison.counts == {"queue": 15, "stdout": 15}


def test_a_difference_that_quotes_an_event_is_redacted_with_it(archive: Archive) -> None:
    """The removed text must not be left in a comparison of the transports; other differences are kept."""
    write(archive, whole_run("queue", "stdout"))
    quoted = {"before": "card 4111", "after": "card ????"}
    differences = [
        DifferenceFound("altered", "transport", None, 3, 3, "scout", "navigating", "detail", **quoted),
        DifferenceFound("altered", "transport", None, 4, 4, "scout", "screenshot", "detail", before="a", after="b"),
        DifferenceFound("missing", "transport", "queue", 3, 4),
        DifferenceFound("state", "content", None, None, None, path="detail", **quoted),
    ]
    RunRecorder(archive.log, RUN).note(*differences, ComparisonMade("tee", False, {}, 4, runs=[RUN]))
    losses = " ".join(describe_losses(archive, RUN, select_observations(archive, RUN, 3)))
    assert "2 differences between the transports, which may quote it, will be redacted too." in losses
    remove(archive, 3)
    assert b"4111" not in b"".join(event.body or b"" for event in archive.events(RUN))
    left = [event.from_recorder for event in archive.events(RUN) if event.event.type == "difference_found"]
    assert [event for event in left if event is not None] == differences[1:3]
    assert archive.log.verify().fault is None


def test_a_run_that_was_compared_with_another_may_be_quoted_there(archive: Archive) -> None:
    """The other run is named, and not changed."""
    for number in (1, 2):
        write(archive, whole_run(run_id=f"{AUDIT}.{number}"))
    RunRecorder(archive.log, f"{AUDIT}.2").note(ComparisonMade("rerun", False, {}, 1, runs=[RUN, f"{AUDIT}.2"]))
    losses = describe_losses(archive, RUN, select_observations(archive, RUN, 3))
    (sentence,) = (loss for loss in losses if "quote" in loss)
    assert f"'{AUDIT}.2'" in sentence and "--source recorder" in sentence


def test_an_attachment_is_removed_with_its_event(archive: Archive) -> None:
    write(archive, whole_run("queue", "stdout"))
    (shot,) = state_of(archive).screenshots
    assert archive.artifact(shot["sha256"]) == b"PNG"
    remove(archive, 4)
    with pytest.raises(Exception, match="removed"):
        archive.artifact(shot["sha256"])
    assert state_of(archive).screenshots == []


@pytest.mark.parametrize(("seq", "lost"), [(1, "request"), (2, "mode"), (3, None), (4, "outcome")])
def test_the_recorders_own_events_can_be_redacted(archive: Archive, seq: int, lost: str | None) -> None:
    """Their envelopes still show that the run was requested, that it started, and that it ended."""
    write(archive, whole_run())
    losses = " ".join(describe_losses(archive, RUN, select_observations(archive, RUN, seq, source="recorder")))
    assert losses == "" if lost is None else lost in losses
    remove(archive, seq, source="recorder")
    state = state_of(archive)
    assert state.started_at == START and state.finished_at == START + 10
    assert state.status == ("unknown" if seq == 4 else "completed")
    assert (state.request is None, state.decision is None) == (seq == 1, seq == 2)
    assert len(state.redactions) == 1


def test_a_client_gets_a_message_of_a_redacted_end(archive: Archive) -> None:
    write(archive, whole_run())
    remove(archive, 4, source="recorder")
    client = ClientMessages()
    messages = [message for event in archive.events(RUN) for message in client.fold(event)]
    assert [message["type"] for message in messages if "audit_" in message["type"]] == ["audit_result", "audit_error"]
    assert messages[-1]["detail"] == "The audit ended, but its outcome was redacted."


def test_an_event_that_cannot_be_redacted_is_an_error_in_one_sentence(archive: Archive) -> None:
    write(archive, whole_run())
    cases = [
        (99, None, f"has no event 99 over queue or stdout; `veritas events {RUN}` lists"),
        (3, "stdout", "has no event 3 over stdout"),
        (99, "recorder", "has no event 99 over recorder"),
    ]
    for seq, source, message in cases:
        with pytest.raises(UsageError, match=message):
            select_observations(archive, RUN, seq, source=source)
    run = Recording("vrts_0000000000000001.1")
    run.recorder(requested())
    write(archive, run)
    with pytest.raises(UsageError, match="needs --source recorder"):
        select_observations(archive, run.run_id, 1)
    remove(archive, 3)
    with pytest.raises(UsageError, match="was already redacted by jane@desk on 2026-11-22: a card number"):
        select_observations(archive, RUN, 3)
    with pytest.raises(UsageError, match="itself a redaction"):
        select_observations(archive, RUN, 5, source="recorder")
    for reason, by in ((" ", "jane"), ("why", "\t")):
        with pytest.raises(UsageError, match="is empty"):
            remove(archive, 4, reason=reason, by=by)


def test_redacting_a_redacted_event_is_an_error_that_names_who_redacted_it(archive: Archive) -> None:
    write(archive, whole_run())
    selected = select_observations(archive, RUN, 3)
    remove(archive, 3)
    with pytest.raises(UsageError, match="was already redacted by jane@desk"):
        redact(archive, RUN, selected, reason="as well", by="john")
    assert [event.event.type for event in archive.events(RUN)].count("observation_redacted") == 1


def test_any_reason_can_be_given(archive: Archive) -> None:
    """The database's guards accept any text, and it is read back as it was given."""
    write(archive, whole_run())
    remove(archive, 3, reason=HOSTILE, by=HOSTILE)
    (event,) = (event for event in archive.events(RUN) if event.redacted)
    kept = HOSTILE.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert event.redacted == Redaction(kept, kept, AT)
    assert archive.log.verify().fault is None


def test_a_redaction_years_later_does_not_delay_a_replay(archive: Archive) -> None:
    """It does not count for the run's timing."""
    write(archive, whole_run())
    remove(archive, 3)
    moments = [offset for offset, _ in offsets(archive.events(RUN))]
    assert moments[-1] == moments[-2] <= 10
    assert all(before <= after for before, after in pairwise(moments))


def test_a_recorder_continues_after_a_redaction_in_its_run(archive: Archive) -> None:
    """Both processes number the recorder's events; if a number is in use, the next is taken, and no event is lost."""
    recorder = RunRecorder(archive.log, RUN, clock=lambda: START)
    recorder.note(requested())
    recorder.record([EventReceived("queue", encode_event(ProgressEvent(phase="scout", seq=seq))) for seq in (1, 2)])
    remove(archive, 1)
    recorder.note(ProcessExited(0, 2, {"queue": 2}), RunFinished("completed", "queue"))
    events = [event for event in archive.events(RUN) if event.source == "recorder"]
    assert sorted(event.seq for event in events) == list(range(1, len(events) + 1))
    assert all(event.event.seq == event.seq for event in events)
    kinds = [event.event.type for event in events]
    assert sorted(kinds) == ["audit_requested", "observation_redacted", "process_exited", "run_finished"]
    state = state_of(archive)
    assert (state.status, state.exit, state.audit_id) == ("completed", ProcessExited(0, 2, {"queue": 2}), AUDIT)
    assert archive.log.verify().fault is None


def test_a_body_that_is_missing_without_a_redaction_is_shown_as_damaged(tmp_path: Path) -> None:
    """It is not shown as an empty event."""
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, whole_run())
        with sqlite3.connect(tmp_path / "log.db") as connection:
            connection.execute("DROP TRIGGER event_update")
            connection.execute("UPDATE event SET salt = NULL, body = NULL WHERE position = 6")
        connection.close()
        (event,) = (event for event in archive.events(RUN) if event.position == 6)
        assert (event.redacted, event.event.detail, event.event.phase) == (None, "(damaged)", "scout")
        assert AuditState.of(archive.events(RUN)).status == "completed"


def test_a_forged_redaction_does_not_stop_a_reader(archive: Archive) -> None:
    """One that does not name an observation correctly redacts nothing."""
    write(archive, whole_run())
    recorder = RunRecorder(archive.log, RUN)
    recorder._recorder_seq = 10
    for named in (None, [], {}, {"source": 1, "seq": "x"}, {"source": "queue"}):
        recorder.note(ObservationRedacted(named, "why", "who"))  # type: ignore[arg-type]
    assert archive.redactions(RUN) == {}
    assert len(state_of(archive).redactions) == 3, "those whose observation is an object"


def test_the_list_agrees_with_the_state_after_any_redaction(archive: Archive) -> None:
    """The recorder's own events may be redacted too."""
    write(archive, whole_run())
    recorder_seqs = [event.seq for event in archive.events(RUN) if event.source == "recorder"]
    for source, seqs in (("recorder", recorder_seqs), ("queue", range(1, 16))):
        for seq in seqs:
            remove(archive, seq, source=source)
            state, (row,) = state_of(archive), runs_of(archive.log).rows()
            assert (row.status, row.url, row.trust_score) == (
                state.status,
                state.request.url if state.request else None,
                state.trust_score,
            )
            assert runs_of(archive.log).difference() is None
