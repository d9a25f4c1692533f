"""What a redaction takes away is gone from everything that is shown, and everything else is as it was."""

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
from veritas.replay.formats.jsonl import event_fields
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
    chosen = select_observations(archive, run_id, seq, source=source)
    redact(archive, run_id, chosen, **{**WHY, **why}, clock=lambda: AT)  # type: ignore[arg-type]


def state_of(archive: Archive, run_id: str = RUN) -> AuditState:
    return AuditState.of(archive.events(run_id))


def test_the_event_tells_who_removed_it_when_and_why(archive: Archive) -> None:
    """Its envelope remains, and so does its time."""
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
        told = event_fields(event)
        assert told["body_sha256"] is None
        assert told["redacted"]["by"] == "jane@desk" and told["redacted"]["at"].startswith("2026-11-22T")
        with pytest.raises(UsageError, match="were removed from the log"):
            archive.wire(event)
    assert archive.log.verify().fault is None


@pytest.mark.parametrize("sources", [("queue",), ("stdout",), ("queue", "stdout")])
def test_a_childs_event_leaves_the_rest_of_the_state_as_it_was(archive: Archive, sources: tuple[str, ...]) -> None:
    """Whichever of the run's events it is: nothing is counted twice or not at all, and the run ends as it ended."""
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


def test_the_same_event_goes_from_both_transports(archive: Archive) -> None:
    """And nowhere is anything left of it."""
    write(archive, whole_run("queue", "stdout"))
    remove(archive, 9)
    assert [event.source for event in archive.events(RUN) if event.redacted] == ["queue", "stdout"]
    assert all(b"Countdown" not in (event.body or b"") for event in archive.events(RUN) if event.event.phase != "judge")


def test_one_transport_alone_can_be_chosen(archive: Archive) -> None:
    """It is said that the other still has it; afterwards the other can go too."""
    write(archive, whole_run("queue", "stdout"))
    (said,) = describe_losses(archive, RUN, select_observations(archive, RUN, 9, source="stdout"))
    assert said.startswith("The same event came over queue as well, and stays in the log and in the audit's state; ")
    lost, stays = describe_losses(archive, RUN, select_observations(archive, RUN, 9, source="queue"))
    assert lost == "The audit's state will no longer show this finding.", "for it came over the queue first"
    assert stays.startswith("The same event came over stdout as well, and stays in the log, where `veritas events`")
    remove(archive, 9, source="stdout")
    assert len(state_of(archive).findings) == 1
    assert [event.source for event in select_observations(archive, RUN, 9)] == ["queue"]
    remove(archive, 9)
    assert list(describe_losses(archive, RUN, select_observations(archive, RUN, 1))) == []


def test_events_that_are_not_the_same_are_told_apart(archive: Archive) -> None:
    """An emitter that does not number has its events numbered as they arrive, over each transport anew."""
    recorder = RunRecorder(archive.log, RUN)
    for source in ("queue", "stdout"):
        recorder.record([EventReceived(source, encode_event(ProgressEvent(detail=source, seq=0)))])
    with pytest.raises(UsageError, match="not the same over queue and stdout"):
        select_observations(archive, RUN, 1)
    remove(archive, 1, source="queue")
    assert state_of(archive).emitted == 2


def test_a_tee_is_not_said_to_differ_where_it_was_redacted(archive: Archive) -> None:
    write(archive, whole_run("queue", "stdout"))
    remove(archive, 9, source="stdout")
    remove(archive, 10)
    comparison = TransportComparison(lambda: archive.events(RUN))
    assert (list(comparison.differences()), comparison.redacted) == ([], 2)
    assert comparison.counts == {"queue": 15, "stdout": 15}


def test_a_difference_that_quotes_an_event_goes_with_it(archive: Archive) -> None:
    """What was removed must not be read where the transports were compared; other differences stay."""
    write(archive, whole_run("queue", "stdout"))
    quoted = {"before": "card 4111", "after": "card ????"}
    said = [
        DifferenceFound("altered", "transport", None, 3, 3, "scout", "navigating", "detail", **quoted),
        DifferenceFound("altered", "transport", None, 4, 4, "scout", "screenshot", "detail", before="a", after="b"),
        DifferenceFound("missing", "transport", "queue", 3, 4),
        DifferenceFound("state", "content", None, None, None, path="detail", **quoted),
    ]
    RunRecorder(archive.log, RUN).note(*said, ComparisonMade("tee", False, {}, 4, runs=[RUN]))
    told = " ".join(describe_losses(archive, RUN, select_observations(archive, RUN, 3)))
    assert "what 2 differences between the transports may quote" in told
    remove(archive, 3)
    assert b"4111" not in b"".join(event.body or b"" for event in archive.events(RUN))
    left = [event.from_recorder for event in archive.events(RUN) if event.event.type == "difference_found"]
    assert [event for event in left if event is not None] == said[1:3]
    assert archive.log.verify().fault is None


def test_a_run_that_was_compared_with_another_may_be_quoted_there(archive: Archive) -> None:
    """That one is not touched, but named."""
    for number in (1, 2):
        write(archive, whole_run(run_id=f"{AUDIT}.{number}"))
    RunRecorder(archive.log, f"{AUDIT}.2").note(ComparisonMade("rerun", False, {}, 1, runs=[RUN, f"{AUDIT}.2"]))
    (told,) = (said for said in describe_losses(archive, RUN, select_observations(archive, RUN, 3)) if "quote" in said)
    assert f"'{AUDIT}.2'" in told and "--source recorder" in told


def test_an_attachment_goes_with_its_event(archive: Archive) -> None:
    write(archive, whole_run("queue", "stdout"))
    (shot,) = state_of(archive).screenshots
    assert archive.artifact(shot["sha256"]) == b"PNG"
    remove(archive, 4)
    with pytest.raises(Exception, match="removed"):
        archive.artifact(shot["sha256"])
    assert state_of(archive).screenshots == []


@pytest.mark.parametrize(("seq", "lost"), [(1, "asked for"), (2, "mode"), (3, None), (4, "ended")])
def test_the_recorders_own_events_can_be_redacted(archive: Archive, seq: int, lost: str | None) -> None:
    """What their envelopes say still counts: that the run was asked for, that it ran, and that it ended."""
    write(archive, whole_run())
    said = " ".join(describe_losses(archive, RUN, select_observations(archive, RUN, seq, source="recorder")))
    assert said == "" if lost is None else lost in said
    remove(archive, seq, source="recorder")
    state = state_of(archive)
    assert state.started_at == START and state.finished_at == START + 10
    assert state.status == ("unknown" if seq == 4 else "completed")
    assert (state.request is None, state.decision is None) == (seq == 1, seq == 2)
    assert len(state.redactions) == 1


def test_a_watcher_is_told_of_an_end_whose_record_was_redacted(archive: Archive) -> None:
    write(archive, whole_run())
    remove(archive, 4, source="recorder")
    client = ClientMessages()
    messages = [message for event in archive.events(RUN) for message in client.fold(event)]
    assert [message["type"] for message in messages if "audit_" in message["type"]] == ["audit_result", "audit_error"]
    assert messages[-1]["detail"] == "The audit ended, and how was redacted."


def test_what_cannot_be_redacted_is_told_in_one_sentence(archive: Archive) -> None:
    write(archive, whole_run())
    cases = [
        (99, None, f"has no event 99 over queue or stdout; `veritas events {RUN}` lists"),
        (3, "stdout", "has no event 3 over stdout"),
        (99, "recorder", "has no event 99 over recorder"),
    ]
    for seq, source, said in cases:
        with pytest.raises(UsageError, match=said):
            select_observations(archive, RUN, seq, source=source)
    run = Recording("vrts_0000000000000001.1")
    run.recorder(requested())
    write(archive, run)
    with pytest.raises(UsageError, match="needs --source recorder"):
        select_observations(archive, run.run_id, 1)
    remove(archive, 3)
    with pytest.raises(UsageError, match="redacted already: redacted by jane@desk on 2026-11-22: a card number"):
        select_observations(archive, RUN, 3)
    with pytest.raises(UsageError, match="itself a redaction"):
        select_observations(archive, RUN, 5, source="recorder")
    for reason, by in ((" ", "jane"), ("why", "\t")):
        with pytest.raises(UsageError, match="says why and by whom"):
            remove(archive, 4, reason=reason, by=by)


def test_who_comes_second_is_told_who_was_first(archive: Archive) -> None:
    write(archive, whole_run())
    chosen = select_observations(archive, RUN, 3)
    remove(archive, 3)
    with pytest.raises(UsageError, match="redacted already: redacted by jane@desk"):
        redact(archive, RUN, chosen, reason="as well", by="john")
    assert [event.event.type for event in archive.events(RUN)].count("observation_redacted") == 1


def test_any_reason_can_be_given(archive: Archive) -> None:
    """The guards understand the event whatever stands in it, and it comes back as it was given."""
    write(archive, whole_run())
    remove(archive, 3, reason=HOSTILE, by=HOSTILE)
    (event,) = (event for event in archive.events(RUN) if event.redacted)
    kept = HOSTILE.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert event.redacted == Redaction(kept, kept, AT)
    assert archive.log.verify().fault is None


def test_a_redaction_years_later_does_not_hold_up_a_replay(archive: Archive) -> None:
    """It is no part of the run's pace."""
    write(archive, whole_run())
    remove(archive, 3)
    moments = [offset for offset, _ in offsets(archive.events(RUN))]
    assert moments[-1] == moments[-2] <= 10
    assert all(before <= after for before, after in pairwise(moments))


def test_a_recorder_goes_on_beside_a_redaction(archive: Archive) -> None:
    """Both number the recorder's events; whoever finds a number taken takes the next, and nothing is lost."""
    recorder = RunRecorder(archive.log, RUN, clock=lambda: START)
    recorder.note(requested())
    recorder.record([EventReceived("queue", encode_event(ProgressEvent(phase="scout", seq=seq))) for seq in (1, 2)])
    remove(archive, 1)
    recorder.note(ProcessExited(0, 2, {"queue": 2}), RunFinished("completed", "queue"))
    own = [event for event in archive.events(RUN) if event.source == "recorder"]
    assert sorted(event.seq for event in own) == list(range(1, len(own) + 1))
    assert all(event.event.seq == event.seq for event in own)
    kinds = [event.event.type for event in own]
    assert sorted(kinds) == ["audit_requested", "observation_redacted", "process_exited", "run_finished"]
    state = state_of(archive)
    assert (state.status, state.exit, state.audit_id) == ("completed", ProcessExited(0, 2, {"queue": 2}), AUDIT)
    assert archive.log.verify().fault is None


def test_a_body_that_is_gone_without_a_redaction_is_damage(tmp_path: Path) -> None:
    """It is shown as such, and not as an empty event."""
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
    """Whatever stands in it: what it names wrongly, it does not name."""
    write(archive, whole_run())
    recorder = RunRecorder(archive.log, RUN)
    recorder._own_seq = 10
    for named in (None, [], {}, {"source": 1, "seq": "x"}, {"source": "queue"}):
        recorder.note(ObservationRedacted(named, "why", "who"))  # type: ignore[arg-type]
    assert archive.redactions(RUN) == {}
    assert len(state_of(archive).redactions) == 3, "those that name something, be it nothing"


def test_the_list_tells_what_the_state_tells(archive: Archive) -> None:
    """Whatever was redacted, the recorder's own events included."""
    write(archive, whole_run())
    own = [event.seq for event in archive.events(RUN) if event.source == "recorder"]
    for source, seqs in (("recorder", own), ("queue", range(1, 16))):
        for seq in seqs:
            remove(archive, seq, source=source)
            state, (row,) = state_of(archive), runs_of(archive.log).rows()
            assert (row.status, row.url, row.trust_score) == (
                state.status,
                state.request.url if state.request else None,
                state.trust_score,
            )
            assert runs_of(archive.log).difference() is None
