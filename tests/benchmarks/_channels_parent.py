"""The parent of the benchmark's child processes: it receives their events, and measures rates and latencies."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks._channels_child import SCREENSHOT_BYTES, STARTED
from veritas.channels.buffer import ReceiveBuffer
from veritas.channels.framing import MarkerParser
from veritas.channels.messages import ControlReceived, EventReceived
from veritas.channels.queue import QueueReceiver
from veritas.channels.queue_client import QueueProxy
from veritas.channels.stdout import PipeReceiver
from veritas.config import QUEUE_ADDRESS, QUEUE_KEY, child_environment
from veritas.core.ipc import create_queue, serialize_queue
from veritas.events.progress import decode_event

ROOT = Path(__file__).parents[2]
PACED, RATE = 1_000, 500  # events, and events per second
SCREENSHOTS = 7
CHUNK = 1 << 18  # bytes


class Parent:
    """A child process of the benchmark, and the parent's ends of both channels."""

    def __init__(self, transport: str, program: tuple[object, ...], pass_fds: tuple[int, ...]) -> None:
        self.queue = create_queue() if transport == "queue" else None
        self.process = subprocess.Popen(
            command(*program),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_variables(self.queue),
            pass_fds=pass_fds,
        )
        assert self.process.stdout is not None  # it is a pipe
        self._ended = False
        self._buffer = ReceiveBuffer()
        self._pipe_receiver = PipeReceiver(self.process.stdout, MarkerParser(), self._buffer)
        self._queue_receiver = QueueReceiver(self.queue) if self.queue is not None else None
        if self._queue_receiver is not None:
            self._queue_receiver.start(self._buffer)

    def take(self) -> tuple[float, list[bytes]]:
        """Take and confirm the received messages; return the time at which they were taken, and their events."""
        items = self._buffer.take()
        now = time.time()
        if self._queue_receiver is not None:
            number = getattr(items[-1], "number", 0)
            assert number, f"the child fell back to stdout: {items[-1]}"
            self._queue_receiver.confirm(number)
        self._ended = self._ended or isinstance(items[-1], ControlReceived)
        return now, [item.body for item in items if type(item) is EventReceived]

    def finish(self) -> None:
        """Take the remaining messages until the child has ended."""
        assert self.process.stdin is not None  # it is a pipe
        self.process.stdin.close()
        while self._queue_receiver is not None and not self._ended:  # the child waits until its end is confirmed
            self.take()
        assert self.process.wait() == 0
        self._pipe_receiver.finish(1.0)
        if self._queue_receiver is not None:
            self._queue_receiver.finish(1.0)
            self._queue_receiver.close()
        self._buffer.close()


@contextmanager
def parent_of(transport: str, *program: object, pass_fds: tuple[int, ...] = ()) -> Iterator[Parent]:
    """Start a child, yield its parent, and wait for its end."""
    parent = Parent(transport, program, pass_fds)
    try:
        yield parent
        parent.finish()
    finally:
        parent.process.kill()
        parent.process.wait()
        if parent.queue is not None:
            parent.queue.close()
        for stream in (parent.process.stdin, parent.process.stdout):
            assert stream is not None
            stream.close()


def receive_rate(transport: str, *program: object) -> float:
    """Return how many events per second are received from a program; its last argument is how many it sends."""
    left = total = int(str(program[-1]))
    first = b""
    with parent_of(transport, *program) as parent:
        while left:
            now, bodies = parent.take()
            if bodies:
                first = first or bodies[0]
                left -= len(bodies)
    return total / (now - sent_at(first))


def latencies(transport: str) -> list[float]:
    """Return the age of each paced event, in milliseconds, when the parent receives it."""
    taken: list[tuple[float, bytes]] = []
    with parent_of(transport, "paced", transport, PACED, RATE) as parent:
        while len(taken) < PACED:
            now, bodies = parent.take()
            taken.extend((now, body) for body in bodies)
    return [1000 * (now - sent_at(body)) for now, body in taken]


def screenshot_times(transport: str) -> Iterator[tuple[float, float]]:
    """Yield how many milliseconds a screenshot takes over the channel, and how many its bytes take through a pipe."""
    readable, writable = os.pipe()
    try:
        with parent_of(transport, "screenshots", transport, writable, pass_fds=(writable,)) as parent:
            stdin = parent.process.stdin
            assert stdin is not None  # it is a pipe
            for number in range(SCREENSHOTS + 1):
                stdin.write(b"channel\n")
                stdin.flush()
                now, bodies = parent.take()
                channel = now - sent_at(bodies[0])
                stdin.write(b"pipe\n")
                stdin.flush()
                (started_at,) = STARTED.unpack(os.read(readable, STARTED.size))
                chunks, left = [], SCREENSHOT_BYTES
                while left:
                    chunks.append(os.read(readable, CHUNK))
                    left -= len(chunks[-1])
                data = b"".join(chunks)
                pipe = time.time() - started_at
                assert len(data) == SCREENSHOT_BYTES
                if number:  # the first one includes connecting
                    yield 1000 * channel, 1000 * pipe
    finally:
        os.close(readable)
        os.close(writable)


def command(*program: object) -> list[str]:
    """Return the command that starts one of the child's programs."""
    return [sys.executable, "-P", "-m", "tests.benchmarks._channels_child", *map(str, program)]


def child_variables(queue: QueueProxy | None) -> dict[str, str]:
    """Return a child's environment variables, with the queue's address if there is one."""
    if queue is None:
        return child_environment(ROOT)
    return child_environment(ROOT, **dict(zip((QUEUE_ADDRESS, QUEUE_KEY), serialize_queue(queue), strict=True)))


def sent_at(body: bytes) -> float:
    """Return the time at which an event was sent."""
    return decode_event(body).timestamp
