"""An audit is run and recorded from the request to its end in the log; the browser and the child process are real."""

import asyncio
import os
import signal
import threading
from pathlib import Path

import pytest

from tests.processes import wait_until
from tests.serving import PAGE, serving
from veritas.archive.archive import Archive
from veritas.cli.demo.server import serve_shops
from veritas.core.mode_decision import Decision
from veritas.errors import InvalidUrl, UsageError
from veritas.events.job import Job
from veritas.events.progress import PHASES
from veritas.projections.audit_state import AuditState
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.request_context import RequestContext
from veritas.recording.run import check_url, new_audit_id
from veritas.rollout.ledger import Ledger
from veritas.rollout.plan import Plan

TRANSPORTS = {"queue": {"queue"}, "stdout": {"stdout"}, "validate": {"queue", "stdout"}}


@pytest.fixture(scope="module")
def shops():
    with serve_shops() as shops:
        yield shops


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    with Archive.open(tmp_path_factory.mktemp("runs") / "log.db") as archive:
        yield archive


def run(archive, url, mode="queue", **options):
    """Run a quick scan; return its outcome, its messages and its events."""
    options = {"tier": "quick_scan", "decision": Decision(mode, "STATIC", "test")} | options
    runner = AuditRunner(new_audit_id(), url, archive=archive, **options)
    messages = []
    outcome = asyncio.run(runner.run(messages.append))
    return outcome, messages, list(archive.events(outcome.run_id))


def children_of(events):
    return [recorded for recorded in events if recorded.source != "recorder"]


@pytest.fixture(scope="module", params=["queue", "stdout", "validate"])
def audited(request, archive, shops):
    """Audit the manipulative shop over both transports, and a small page over each."""
    with serving(lambda path: PAGE, "text/html") as plain:
        return request.param, *run(archive, shops.crooked if request.param == "validate" else plain, request.param)


def test_every_event_of_the_child_arrives_over_the_requested_transports(audited):
    """No fallback happened, and no event is missing or was rejected."""
    mode, outcome, _, events = audited
    assert outcome.ok, outcome
    assert {recorded.source for recorded in children_of(events)} == TRANSPORTS[mode]
    types = [recorded.event.type for recorded in events if recorded.source == "recorder"]
    assert types[:3] == ["audit_requested", "ipc_mode_selected", "process_started"]
    comparison = ["comparison_made"] if mode == "validate" else []
    assert types[3:] == ["process_exited", "transport_measured", *comparison, "run_finished"]
    assert not {"ipc_fell_back", "events_dropped", "gap_found", "line_rejected"} & set(types)


def test_the_log_holds_as_many_events_as_the_child_counted(audited):
    """Each transport delivered every number from 1 once."""
    mode, _, _, events = audited
    state = AuditState.of(events)
    assert state.exit.emitted == state.emitted
    for source in TRANSPORTS[mode]:
        seqs = [recorded.seq for recorded in events if recorded.source == source]
        assert seqs == list(range(1, state.emitted + 1))


def test_the_phases_ran_in_order_to_a_verdict(audited):
    """Each begins with its first step at its own percentage, and completes."""
    mode, _, _, events = audited
    state = AuditState.of(events)
    assert [phase.name for phase in state.ordered_phases()] == list(PHASES)
    assert {phase.status for phase in state.phases.values()} == {"completed"}
    firsts = {}
    for recorded in children_of(events):
        firsts.setdefault(recorded.event.phase, recorded.event)
    for name, phase in PHASES.items():
        assert (firsts[name].step, firsts[name].pct) == (phase.first_step, phase.start_pct)
    if mode == "validate":
        assert 0 <= state.trust_score < 70
        assert len(state.findings) >= 5
    assert {shot["kind"] for shot in state.screenshots} == {"viewport", "full_page"}


def test_the_messages_follow_the_audit_with_labels(audited):
    """There is one start and one end of each phase, each finding, the verdict, and the audit's end."""
    _, _, messages, events = audited
    labels = [message["label"] for message in messages if message["type"] == "phase_start"]
    assert labels == [phase.label for phase in PHASES.values()]
    assert [m["phase"] for m in messages if m["type"] == "phase_complete"] == list(PHASES)
    assert len([m for m in messages if m["type"] == "finding"]) == len(AuditState.of(events).findings)
    (result,) = [message for message in messages if message["type"] == "audit_result"]
    assert result["result"]["trust_score"] == AuditState.of(events).trust_score
    assert messages[-1]["type"] == "audit_complete"


def test_a_tee_finds_both_transports_equal(audited):
    """The comparison is in the log and in the outcome."""
    mode, outcome, _, events = audited
    comparison = outcome.comparison
    assert AuditState.of(events).comparison == comparison
    if mode != "validate":
        assert comparison is None
        return
    count = len([recorded for recorded in events if recorded.source == "queue"])
    assert (comparison.by, comparison.equal, comparison.differences, comparison.error) == ("tee", True, 0, None)
    assert comparison.counts == {"queue": count, "stdout": count}
    assert sum(comparison.latency["first"].values()) == count


def test_nothing_is_sent_before_it_is_in_the_log(archive):
    """The log already holds the event that a message describes when it is sent."""
    lines = [f'##PROGRESS:{{"phase":"scout","step":"page","pct":{pct},"detail":"{pct}"}}' for pct in range(10, 26)]
    command = ["printf", "%s\\n", *lines]
    decision = Decision("stdout", "STATIC", "test")
    runner = AuditRunner(new_audit_id(), None, None, archive=archive, decision=decision, command=command)
    sent, unrecorded = [], []

    def send(message):
        recorded = {(r.event.phase, r.event.detail) for r in archive.events(runner.run_id) if r.source != "recorder"}
        ended = any(r.event.type == "run_finished" for r in archive.events(runner.run_id))
        sent.append(message)
        if (message["phase"], message["detail"]) not in recorded and not ended:
            unrecorded.append(message)

    assert asyncio.run(runner.run(send)).ok
    assert len(sent) >= len(lines)
    assert unrecorded == []


def test_the_request_in_the_log_has_the_batch_the_tags_and_the_job(archive):
    job = Job("17", "default", 1, "worker-1", "host.test")
    runner = AuditRunner(
        new_audit_id(),
        None,
        None,
        archive=archive,
        decision=Decision("stdout", "STATIC", "test"),
        command=["true"],
        request=RequestContext("btch_0123456789abcdef", ("shops", "eu:2"), job),
    )
    outcome = asyncio.run(runner.run(lambda message: None))
    request = AuditState.of(archive.events(outcome.run_id)).request
    assert (request.batch, request.tags, request.job) == ("btch_0123456789abcdef", ["shops", "eu:2"], job)


def test_if_the_queue_cannot_be_created_the_audit_uses_stdout(archive, monkeypatch):
    """The log has the cause."""

    def no_manager(*arguments):
        raise OSError("no process can be started")

    monkeypatch.setattr("veritas.core.ipc.QueueManager", no_manager)
    with serving(lambda path: PAGE, "text/html") as url:
        outcome, _, events = run(archive, url)
    assert outcome.status == "completed"
    state = AuditState.of(events)
    assert state.effective_mode == "stdout"
    (fell_back,) = state.fallbacks
    assert "no process can be started" in fell_back.cause
    assert fell_back.kind == "not_created"


def test_an_interrupted_audit_ends_in_the_log(archive, shops):
    """What was recorded before is kept, the status is interrupted, and neither child nor browser is left."""
    runner = AuditRunner(
        new_audit_id(), shops.crooked, "deep_forensic", archive=archive, decision=Decision("queue", "STATIC", "test")
    )

    async def interrupted():
        task = asyncio.create_task(runner.run(lambda message: seen.append(message)))
        while not any(message["phase"] == "scout" for message in seen):
            await asyncio.sleep(0.01)
        task.cancel()
        await task

    seen: list[dict] = []
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
    state = AuditState.of(archive.events(runner.run_id))
    assert state.status == "interrupted"
    assert seen[-1]["type"] == "audit_error"
    (started,) = [r for r in archive.events(runner.run_id) if r.event.type == "process_started"]
    pid = started.event.extra["pid"]
    wait_until(lambda: not Path(f"/proc/{pid}").exists())
    wait_until(lambda: not [process for process in Path("/proc").glob("[0-9]*") if _in_session(process, pid)])


def test_the_events_that_a_killed_child_sent_are_recorded(archive, shops):
    """The run failed, and its error names the signal."""
    runner = AuditRunner(
        new_audit_id(), shops.crooked, "deep_forensic", archive=archive, decision=Decision("queue", "STATIC", "test")
    )

    def kill_in_scout(message):
        if message["phase"] == "scout":
            (started,) = [r for r in archive.events(runner.run_id) if r.event.type == "process_started"]
            if not killed.is_set():
                killed.set()
                os.kill(started.event.extra["pid"], signal.SIGKILL)

    killed = threading.Event()
    outcome = asyncio.run(runner.run(kill_in_scout))
    assert (outcome.status, outcome.error) == ("failed", "The child process was killed by SIGKILL.")
    state = AuditState.of(archive.events(runner.run_id))
    assert state.exit.emitted is None
    assert state.emitted > 0


def test_an_error_of_send_does_not_harm_the_record(archive):
    """It is raised after the run has ended."""
    script = 'for pct in 10 15 25; do echo "##PROGRESS:{\\"phase\\":\\"scout\\",\\"pct\\":$pct}"; done'
    decision = Decision("stdout", "STATIC", "test")
    runner = AuditRunner(new_audit_id(), None, None, archive=archive, decision=decision, command=["sh", "-c", script])

    def send(message):
        raise ConnectionResetError("the client closed the connection")

    with pytest.raises(ConnectionResetError):
        asyncio.run(runner.run(send))
    state = AuditState.of(archive.events(runner.run_id))
    assert (state.status, state.emitted) == ("completed", 3)


def test_another_program_is_recorded_as_it_is(archive):
    """Its events without numbers, its other output and its exit status are recorded."""
    script = 'echo \'##PROGRESS:{"phase":"scout","step":"navigating","pct":10}\'; echo noise; exit 7'
    outcome, _, events = run(archive, None, command=["sh", "-c", script], tier=None)
    assert (outcome.status, outcome.error) == ("failed", "The child process ended with exit status 7.")
    assert [(r.source, r.seq) for r in children_of(events)] == [("stdout", 1)]
    assert AuditState.of(events).captured == {"stdout": len("noise\n")}


def test_a_program_that_does_not_exist_is_an_error_and_a_failed_run(archive):
    """No process was started, and the run in the log failed."""
    runner = AuditRunner(
        new_audit_id(), None, None, archive=archive, decision=Decision("stdout", "STATIC", "test"), command=["nosuch"]
    )
    with pytest.raises(UsageError, match="'nosuch' cannot be started"):
        asyncio.run(runner.run(lambda message: None))
    assert AuditState.of(archive.events(runner.run_id)).status == "failed"


def test_a_second_run_of_an_audit_has_the_next_number(archive):
    """Runs are numbered from 1."""
    audit_id = new_audit_id()
    for number in (1, 2):
        runner = AuditRunner(
            audit_id, None, None, archive=archive, decision=Decision("stdout", "STATIC", "t"), command=["true"]
        )
        assert runner.run_id == f"{audit_id}.{number}"
        assert asyncio.run(runner.run(lambda message: None)).ok


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("example.com", ["no scheme", "'https://example.com'"]),
        ("", ["not a URL"]),
        ("http://exa mple.com/", ["not a URL"]),
        ("file:///etc/passwd", ["file:"]),
        ("javascript:alert(1)", ["javascript:"]),
        ("data:text/html,x", ["data:"]),
        ("http://", ["does not have a host"]),
        ("http://[::1", ["not a URL"]),
        ("http://example.com:99999/", ["not a URL"]),
        ("http://me:secret@example.com/", ["'example.com'", "password", "remove it"]),
        ("localhost:8000", ["did you mean"]),
    ],
)
def test_a_url_that_cannot_be_audited_is_refused(url, words):
    """The message has the fault and the remedy."""
    with pytest.raises(InvalidUrl) as caught:
        check_url(url)
    assert all(word in str(caught.value) for word in words)


def test_a_comparison_that_breaks_off_does_not_make_the_run_fail(archive):
    """The error is in the log, and in the outcome."""

    def breaks_off(recorder, end):
        raise RecursionError("too deep")

    outcome, _, events = run(archive, None, command=["true"], tier=None, conclude=breaks_off)
    state = AuditState.of(events)
    assert (outcome.ok, state.status, state.comparison.equal) == (False, "completed", False)
    assert state.comparison.error == "The comparison broke off: RecursionError: too deep"


def test_without_a_decision_the_ledger_decides(tmp_path):
    with Archive.open(tmp_path / "log.db") as rolled_back:
        Ledger(rolled_back).start(Plan.parse("100"), by="jane", reason="ready")
        assert AuditRunner(new_audit_id(), "http://x.test/", archive=rolled_back)._decision.mode == "queue"
        Ledger(rolled_back).rollback(by="jane", reason="it lost an event")
        decision = AuditRunner(new_audit_id(), "http://x.test/", archive=rolled_back)._decision
    assert (decision.mode, decision.share_origin) == ("stdout", "stage stdout")


def _in_session(process: Path, session: int) -> bool:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3]) == session
    except (OSError, ValueError):
        return False
