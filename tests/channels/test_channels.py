"""The log holds what a child emits over either channel, or over both at once, and reports every loss.

The contract is the same for all; the child process, the manager process, the pipes and the log are real.
"""

import contextlib
import io
import os
import signal
import sys
import threading
from pathlib import Path
from queue import Full

import pytest

from tests.processes import descendants, wait_until
from veritas.archive.archive import Archive
from veritas.channels.buffer import ReceiveBuffer
from veritas.channels.framing import MarkerParser
from veritas.channels.messages import ChannelBroke
from veritas.channels.queue import QueueReceiver, QueueSender
from veritas.channels.queue_client import QueueProxy
from veritas.channels.stdout import LineTrackingStdout, PipeReceiver, StdoutSender
from veritas.config import child_environment
from veritas.core.ipc import create_queue
from veritas.events.progress import ProgressEvent, decode_event, encode_event
from veritas.recording.child_run import SingleRun
from veritas.recording.recorder import RunRecorder
from veritas.recording.supervisor import Supervisor

RUN = "vrts_0000000000000001.1"
ROOT = Path(__file__).parents[2]


class Channel:
    """The path from a child to a log in one mode."""

    def __init__(self, mode, archive):
        self.mode = mode
        self.archive = archive
        self.sources = {"queue": ["queue"], "stdout": ["stdout"], "validate": ["queue", "stdout"]}[mode]
        self.queue = None if mode == "stdout" else create_queue()
        self.supervisor = None

    def run(self, script):
        """Run a child to its end; return its exit status."""
        recorder = RunRecorder(self.archive.log, RUN)
        receiver = QueueReceiver(self.queue) if self.queue is not None else None
        command = [sys.executable, "-m", "tests.channels.emitter", self.mode, script]
        self.supervisor = Supervisor(
            recorder,
            SingleRun(
                command,
                environment=child_environment(ROOT, **(receiver.environment if receiver is not None else {})),
                ours=True,
            ),
            receiver=receiver,
        )
        return self.supervisor.run()

    def events(self, source):
        return [recorded for recorded in self.archive.events(RUN) if recorded.source == source]

    def recorder_events(self, kind):
        """Return the recorder's events of one type."""
        return [r.from_recorder for r in self.archive.events(RUN) if r.source == "recorder" and r.event.type == kind]


def stop_once(channel, script, condition):
    """Run a child, stop it once *condition* holds, and return its exit status."""
    statuses = []
    running = threading.Thread(target=lambda: statuses.append(channel.run(script)), daemon=True)
    running.start()
    try:
        wait_until(condition)
    finally:
        channel.supervisor.stop()
        running.join(60)
    (status,) = statuses
    return status


def give_up_at_once(monkeypatch):
    """Take a manager that does not answer at once to hang."""
    monkeypatch.setattr("veritas.channels.queue._HANG", 0)
    monkeypatch.setattr("veritas.channels.queue_client.ANSWER_TIMEOUT", 0.1)


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "log.db") as archive:
        yield archive


@pytest.fixture(params=["queue", "stdout", "validate"])
def channel(request, archive):
    channel = Channel(request.param, archive)
    yield channel
    if channel.queue is not None:
        channel.queue.close()


def test_every_event_arrives_once_in_order_with_the_same_bytes(channel):
    """One thread emits a burst of 3,000."""
    assert channel.run("3000,close") == 0
    for source in channel.sources:
        events = channel.events(source)
        assert [recorded.seq for recorded in events] == list(range(1, 3001))
        assert [recorded.event.detail.split()[1] for recorded in events] == [str(n) for n in range(1, 3001)]
    bodies = [[recorded.body for recorded in channel.events(source)] for source in channel.sources]
    assert bodies[0] == bodies[-1]
    (exited,) = channel.recorder_events("process_exited")
    assert (exited.exit_code, exited.emitted) == (0, 3000)
    assert exited.received == dict.fromkeys(channel.sources, 3000)
    assert (
        not channel.recorder_events("gap_found")
        + channel.recorder_events("events_dropped")
        + channel.recorder_events("ipc_fell_back")
    )


def test_events_of_several_threads_arrive_in_the_order_of_their_numbers(channel):
    """Numbering and sending an event are one atomic step."""
    assert channel.run("threads,close") == 0
    for source in channel.sources:
        assert [recorded.seq for recorded in channel.events(source)] == list(range(1, 801))


def test_a_screenshot_of_five_megabytes_arrives_whole(channel):
    """It is stored once, as an artifact, whichever transports carried it."""
    assert channel.run("screenshot,screenshot,close") == 0
    data = bytes(range(256)) * 20_000
    shots = [recorded for source in channel.sources for recorded in channel.events(source)]
    assert len(shots) == 2 * len(channel.sources)
    assert {recorded.artifact for recorded in shots} == {shots[0].artifact}
    assert channel.archive.artifact(shots[0].artifact) == data
    assert len(shots[0].body) < 1000
    assert len(channel.archive.wire(shots[0])) > len(data)


def test_other_output_is_recorded_and_loses_no_event(channel):
    """The output is text without a newline, invalid UTF-8, and stderr."""
    assert channel.run("1,noise,2,close") == 0
    for source in channel.sources:
        assert [recorded.seq for recorded in channel.events(source)] == [1, 2, 3]
    captured = channel.recorder_events("output_captured")
    stdout = "".join(output.text for output in captured if output.stream == "stdout")
    assert "no newline" in stdout
    assert "bytes" in stdout
    assert "".join(output.text for output in captured if output.stream == "stderr") == "ünïcode\n"
    attached = [r for r in channel.archive.events(RUN) if r.event.type == "output_captured" and r.artifact]
    assert b"\xff\xfe bytes" in b"".join(channel.archive.artifact(recorded.artifact) for recorded in attached)


def test_sending_with_wait_returns_only_when_the_log_has_the_event(channel):
    """A child that is killed directly after that has lost no event."""
    assert channel.run("500,barrier,kill") == -signal.SIGKILL
    for source in channel.sources:
        assert [recorded.seq for recorded in channel.events(source)] == list(range(1, 502))
    (exited,) = channel.recorder_events("process_exited")
    assert (exited.exit_code, exited.emitted) == (-signal.SIGKILL, None)


def test_an_interpreter_that_ends_waits_for_pending_events(channel):
    """It does so even if the sender was not closed."""
    assert channel.run("1500,leave") == 4
    for source in channel.sources:
        assert [recorded.seq for recorded in channel.events(source)] == list(range(1, 1501))


def test_a_queue_without_a_consumer_is_given_up():
    """The events that were not confirmed in time are sent over stdout, in order, and so are all later ones."""
    queue, stream = create_queue(), io.BytesIO()
    try:
        sender = QueueSender(queue, StdoutSender(LineTrackingStdout(stream)), stall=0.3)
        for number in range(1, 4):
            sender.send(encode_event(ProgressEvent(seq=number)), wait=number == 3)
        sender.send(encode_event(ProgressEvent(seq=4)))
        sender.close(4)
    finally:
        queue.close()
    fell_back, *events, end = MarkerParser().feed(stream.getvalue())
    assert fell_back.message["fell_back"]["kind"] == "stalled"
    assert fell_back.message["fell_back"]["sent_again"] == 3
    assert [decode_event(event.body).seq for event in events] == [1, 2, 3, 4]
    assert end.message == {"emitted": 4}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("mode", ["queue", "validate"])
def test_the_key_is_not_visible_anywhere(mode, archive, tmp_path):
    """It is not in a process's arguments, in the environment of the child or of its children, or in the log."""
    channel = Channel(mode, archive)
    key = channel.queue.key
    lines = []

    def running():
        lines.extend(process.line for process in descendants())
        return channel.events("queue")

    assert stop_once(channel, "environment,until_stopped,close", running) == 0
    channel.queue.close()
    assert len(key) == 32
    assert any("emitter" in line for line in lines)
    assert not [line for line in lines if key.hex() in line]
    output = "".join(captured.text for captured in channel.recorder_events("output_captured"))
    assert output.count("environ({") == 2
    assert "AUDIT_QUEUE" not in output
    assert key.hex() not in output
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert key not in content
        assert key.hex().encode() not in content


def test_a_child_without_a_standard_output_sends_over_the_queue(archive):
    """Its standard output was closed before it started; what it prints is discarded."""
    channel = Channel("queue", archive)
    recorder = RunRecorder(archive.log, RUN)
    emitter = f'exec "{sys.executable}" -m tests.channels.emitter queue noise,100,close >&-'
    receiver = QueueReceiver(channel.queue)
    environment = child_environment(ROOT, **receiver.environment)
    child = SingleRun(["sh", "-c", emitter], environment=environment, ours=True)
    supervisor = Supervisor(recorder, child, receiver=receiver)
    assert supervisor.run() == 0
    channel.queue.close()
    assert [recorded.seq for recorded in channel.events("queue")] == list(range(1, 101))


def test_a_child_that_exits_without_its_count_is_recorded_so(channel):
    """The child did not report how many events it emitted, so the log does not either."""
    assert channel.run("10,barrier,exit") == 3
    (exited,) = channel.recorder_events("process_exited")
    assert (exited.exit_code, exited.emitted) == (3, None)


def test_missing_numbers_are_in_the_log(channel):
    """They are recorded when they are noticed, and again at the end, with their count."""
    assert channel.run("5,lose,5,close") == 0
    gaps = channel.recorder_events("gap_found")
    assert {(gap.at_source, gap.first, gap.last) for gap in gaps} == {(source, 6, 8) for source in channel.sources}
    (dropped,) = channel.recorder_events("events_dropped")
    assert (dropped.ranges, dropped.count) == ([(6, 8)], 3)


def test_numbers_lost_at_the_end_are_found_by_the_childs_count(channel):
    """No later event shows the gap, but the child reported how many events it emitted."""
    assert channel.run("5,lose,close") == 0
    (dropped,) = channel.recorder_events("events_dropped")
    assert (dropped.ranges, dropped.count) == ([(6, 8)], 3)


def test_bytes_that_are_not_an_event_are_recorded_unchanged(channel):
    """They become a rejected line with the bytes attached, and the next event arrives."""
    assert channel.run("1,mangle,1,close") == 0
    rejected = channel.recorder_events("line_rejected")
    assert sorted(line.at_source for line in rejected) == channel.sources
    as_received = {"queue": b"no json", "stdout": b"##PROGRESS:no json"}
    kept = [r for r in channel.archive.events(RUN) if r.event.type == "line_rejected"]
    for recorded in kept:
        assert channel.archive.artifact(recorded.artifact) == as_received[recorded.from_recorder.at_source]
    for source in channel.sources:
        assert [recorded.seq for recorded in channel.events(source)] == [1, 2]


def test_a_child_that_is_asked_to_stop_loses_nothing(channel):
    """It ends when its standard input is closed, and everything that it emitted is in the log."""
    status = stop_once(channel, "until_stopped,close", lambda: channel.events(channel.sources[0]))
    assert status == 0
    (exited,) = channel.recorder_events("process_exited")
    for source in channel.sources:
        assert [recorded.seq for recorded in channel.events(source)] == list(range(1, exited.emitted + 1))


def test_a_child_that_ignores_the_request_to_stop_is_killed(archive):
    """No received event is lost, and no process is left."""
    channel = Channel("stdout", archive)
    assert stop_once(channel, "forever", lambda: channel.events("stdout")) == -signal.SIGKILL
    seqs = [recorded.seq for recorded in channel.events("stdout")]
    assert seqs == list(range(1, len(seqs) + 1))
    (started,) = channel.recorder_events("process_started")
    assert not Path(f"/proc/{started.pid}").exists()


@pytest.mark.parametrize("mode", ["queue", "validate"])
def test_when_the_manager_dies_the_events_continue_over_stdout(mode, archive):
    """They continue with the first unconfirmed one; every number is in the log, and so is the fallback."""
    channel = Channel(mode, archive)
    manager = channel.queue._manager.pid

    def on_stdout():
        if channel.events("queue"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(manager, signal.SIGKILL)
        return channel.recorder_events("ipc_fell_back") and channel.events("stdout")

    assert stop_once(channel, "until_stopped,close", on_stdout) == 0
    (fell_back,) = channel.recorder_events("ipc_fell_back")
    assert (fell_back.from_mode, fell_back.to_mode) == ("queue", "stdout")
    assert fell_back.kind == "broke"
    seqs = {recorded.seq for source in ("queue", "stdout") for recorded in channel.events(source)}
    (exited,) = channel.recorder_events("process_exited")
    assert seqs == set(range(1, exited.emitted + 1))
    channel.queue.close()


def test_a_queue_that_cannot_be_reached_is_replaced_by_stdout(archive):
    """Nothing listens at the address; the audit continues, and the log has the reason."""
    channel = Channel("queue", archive)
    os.kill(channel.queue._manager.pid, signal.SIGKILL)
    assert channel.run("100,close") == 0
    assert [recorded.seq for recorded in channel.events("stdout")] == list(range(1, 101))
    (fell_back,) = channel.recorder_events("ipc_fell_back")
    assert fell_back.kind == "not_reached"
    channel.queue.close()


@pytest.mark.parametrize("mode", ["queue", "stdout"])
def test_a_log_that_is_slow_at_the_end_loses_no_event(mode, archive, monkeypatch):
    """The last events are waited for, although the child ended long before."""
    channel = Channel(mode, archive)
    append, freed = archive.log.append, threading.Event()

    def slow(records, **line):
        if any(record.type == "progress" for record in records):
            freed.wait(30)
        return append(records, **line)

    monkeypatch.setattr(archive.log, "append", slow)
    timer = threading.Timer(4.0, freed.set)  # longer than the timeout with a silent pipe
    timer.start()
    assert channel.run("1500,close" if mode == "stdout" else "900,close") == 0
    (exited,) = channel.recorder_events("process_exited")
    assert exited.received == {mode: exited.emitted}
    assert not channel.recorder_events("events_dropped")
    if channel.queue is not None:
        channel.queue.close()


def test_a_manager_that_is_slow_at_the_end_loses_no_event(archive, monkeypatch):
    """The program has put its events and ended; the manager does not run for longer than the timeout."""
    monkeypatch.setattr("veritas.channels.queue.BATCH_ITEMS", 1)
    queue, buffer = create_queue(), ReceiveBuffer(max_items=1)  # so that most items stay in the queue
    try:
        assert QueueProxy(queue.address, queue.key).put_many([{"seq": seq} for seq in range(1, 21)]) == 20
        receiver = QueueReceiver(queue)
        receiver.start(buffer)
        received = buffer.take()
        os.kill(queue._manager.pid, signal.SIGSTOP)
        threading.Timer(0.5, os.kill, (queue._manager.pid, signal.SIGCONT)).start()
        finished = []
        ending = threading.Thread(target=lambda: (finished.append(receiver.finish(0.01)), buffer.close()))
        ending.start()
        while messages := buffer.take():
            received += messages
        ending.join()
    finally:
        queue.close()
    assert finished == [True]
    assert [message.number for message in received] == list(range(1, 21))


def test_a_manager_that_hangs_at_the_end_is_reported(monkeypatch):
    """What it holds cannot be received, and the recorder gets a message that says so."""
    queue, buffer = create_queue(), ReceiveBuffer()
    try:
        receiver = QueueReceiver(queue)
        receiver.start(buffer)
        queue.put({"seq": 1})
        buffer.take()
        os.kill(queue._manager.pid, signal.SIGSTOP)
        give_up_at_once(monkeypatch)
        assert not receiver.finish(0.01)
        (broke,) = buffer.take()
    finally:
        queue.close()
    assert isinstance(broke, ChannelBroke)
    assert "not recorded" in broke.cause


def test_a_manager_that_has_too_many_large_items_makes_their_senders_wait(monkeypatch):
    """It receives no more of them than it may hold; each is put later, once, or its sender hears that it is full."""
    monkeypatch.setattr("veritas.channels.queue_client.ANSWER_TIMEOUT", 1.0)
    large = "x" * 14_000_000
    queue = create_queue(maxsize=1)
    try:
        queue.put(0)
        senders = [threading.Thread(target=queue.put, args=(f"{n}{large}",)) for n in range(1, 6)]
        for sender in senders:
            sender.start()
        with pytest.raises(Full):
            queue.put(large, timeout=0.1)
        assert queue.get() == 0
        assert sorted(queue.get()[0] for _ in senders) == list("12345")
        for sender in senders:
            sender.join()
        assert queue.empty()
    finally:
        queue.close()


def test_a_pipe_whose_reader_is_slow_is_read_to_its_end(monkeypatch):
    """The pipe has data, and on a busy machine its reader does not run for longer than the timeout."""
    running, read = threading.Event(), os.read
    monkeypatch.setattr("veritas.channels.stdout.os.read", lambda *arguments: running.wait() and read(*arguments))
    readable, writable = os.pipe()
    buffer = ReceiveBuffer()
    with os.fdopen(readable, "rb") as pipe:
        receiver = PipeReceiver(pipe, MarkerParser(), buffer)
        os.write(writable, b'##PROGRESS:{"seq":1}\n')
        os.close(writable)
        threading.Timer(0.2, running.set).start()
        assert receiver.finish(0.01)
    assert [message.body for message in buffer.take()] == [b'{"seq":1}']


def test_a_manager_that_hangs_does_not_delay_the_run(archive, monkeypatch):
    """It is stopped, not killed, so its connections stay open and are never answered."""
    channel = Channel("queue", archive)
    manager = channel.queue._manager.pid

    def hung():
        if channel.events("queue"):
            os.kill(manager, signal.SIGSTOP)
            give_up_at_once(monkeypatch)
            return True
        return False

    stop_once(channel, "until_stopped,close", hung)
    seqs = [recorded.seq for recorded in channel.events("queue")]
    assert seqs == list(range(1, len(seqs) + 1))
    assert channel.recorder_events("process_exited")
    channel.queue.close()
    wait_until(lambda: not Path(f"/proc/{manager}").exists())


def test_an_unfinished_line_in_a_pipe_that_a_grandchild_holds_is_recorded(archive):
    """The child ended without a newline; the grandchild that inherited its stdout is not waited for."""
    recorder = RunRecorder(archive.log, RUN)
    script = "printf '##PROGRESS:{\"seq\":1}'; sleep 30 &"
    child = SingleRun(["sh", "-c", script], environment=child_environment(), ours=False)
    Supervisor(recorder, child, receiver=None).run()
    assert recorder.received == {"stdout": 1}
