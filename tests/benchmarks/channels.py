"""How fast and how soon events get from an audit's child to its parent and into the log, beside plainer ways.

`python -m tests.benchmarks channels [--json] [--repetitions N] [--only FIGURES] [--memory]`

Events of about 300 bytes, made and encoded in a child process and received in this one. A figure is the median over
repetitions in which it and what it is compared with take turns, and a ratio the median of the ratios of those turns,
so that a machine that is busy now and then slows both. A rate counts from the first event's being sent.

* `throughput`: each channel up to the parent's having taken and confirmed everything, without a log. Beside the queue
  stands a manager's ordinary queue, put and got one by one; beside stdout a loop that has a dict ready, encodes it
  with msgspec, writes the line and flushes, to the same reader.
* `latency`: from the emitter to the parent's hands, at 500 events a second.
* `committed`: up to the commit in SQLite with `synchronous=FULL`; beside it a manager's ordinary queue and
  SQLAlchemy's ORM into a bare table with the log's columns, one commit an event.
* `screenshot`: 5 MB in an event, encoded and received, beside the same bytes through a bare pipe.
* `memory`: the peak of each process with 1,000,000 events, beside that with 10,000. It takes minutes: `--memory`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from store.log import EventLog
from tests.benchmarks._channels_child import SHOT_BYTES, STARTED, peak, put_one_by_one
from veritas.channels.intake import Intake
from veritas.channels.markers import MarkerParser
from veritas.channels.queue import QueueReceiver
from veritas.channels.received import ControlReceived, EventReceived
from veritas.channels.stdout import PipeReceiver
from veritas.config import QUEUE_ADDRESS, QUEUE_KEY, child_environment
from veritas.core.events import decode_event
from veritas.core.ipc import create_queue, serialize_queue
from veritas.core.queue_proxy import QueueProxy
from veritas.recorder import RunRecorder
from veritas.supervisor import Supervisor

ROOT = Path(__file__).parents[2]
RUN = "vrts_00000000000000aa.1"
TRANSPORTS = ("queue", "stdout")
COUNT, COMMITTED, ONE_BY_ONE = 100_000, 50_000, 3_000
PACED, RATE = 1_000, 500
SHOTS = 7
FEW, MANY = 10_000, 1_000_000
CHUNK = 1 << 18


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: What is measured.
        value: How much of it.
        unit: Of the value, and of the other.
        beside: What it is compared with.
        other: How much that has.
        ratio: The value by the other.
        target: What is to be reached, by the ratio or, where there is none, by the value: `>= 25`.
    """

    what: str
    value: float
    unit: str
    beside: str | None = None
    other: float | None = None
    ratio: float | None = None
    target: str | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        sign, limit = self.target.split()
        measured = self.value if self.ratio is None else self.ratio
        return measured >= float(limit) if sign == ">=" else measured <= float(limit)

    def __str__(self) -> str:
        text = f"{self.what:34}{_number(self.value):>10} {self.unit:3}"
        if self.ratio is not None:
            text += f"{self.ratio:>8.2f} of {_number(self.other or 0):>8} {self.unit:3} {self.beside}"
        if self.target is not None:
            text = f"{text:100}{self.target:>9}  {'yes' if self.reached else 'NO'}"
        return text


Turns = dict[str, list[float]]


def main(argv: list[str]) -> int:
    """Measure, and print a line as soon as it is known, or with --json all figures."""
    parser = argparse.ArgumentParser(prog="channels", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N", help="of each measurement (default: 5)")
    parser.add_argument("--only", action="append", choices=MEASURES, help="leave the others out; may be repeated")
    parser.add_argument("--memory", action="store_true", help="measure memory too, which takes minutes")
    parser.add_argument("--peaks", nargs=2, metavar=("TRANSPORT", "COUNT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.peaks:
        json.dump(peaks(arguments.peaks[0], int(arguments.peaks[1])), sys.stdout)
        return 0
    chosen = arguments.only or [name for name in MEASURES if name != "memory" or arguments.memory]
    figures: list[Figure] = []
    for name in chosen:
        for figure in MEASURES[name](arguments.repetitions):
            figures.append(figure)
            if not arguments.json:
                print(figure, flush=True)
    if arguments.json:
        json.dump([asdict(figure) | {"reached": figure.reached} for figure in figures], sys.stdout, indent=1)
        print()
    return 0


def throughput(repetitions: int) -> Iterator[Figure]:
    """Measure how many events a second the parent has."""
    turns = in_turn(
        repetitions,
        {
            "queue": lambda: received("queue", "burst", "queue", COUNT),
            "one by one": got_one_by_one,
            "stdout": lambda: received("stdout", "burst", "stdout", COUNT),
            "bare": lambda: received("stdout", "bare", COUNT),
        },
    )
    yield compared("queue channel", "/s", turns, "queue", "one by one", "Manager().Queue, one by one", ">= 25")
    yield compared("queue channel", "/s", turns, "queue", "stdout", "the stdout channel", ">= 0.6")
    yield compared("stdout channel", "/s", turns, "stdout", "bare", "a bare loop of msgspec, write, flush", ">= 0.9")


def latency(repetitions: int) -> Iterator[Figure]:
    """Measure how old an event is when the parent has it."""
    samples: dict[str, list[list[float]]] = {transport: [] for transport in TRANSPORTS}
    for _ in range(repetitions):
        for transport in TRANSPORTS:
            samples[transport].append(statistics.quantiles(ages(transport), n=100))
    for transport, target in zip(TRANSPORTS, ("<= 3", None), strict=True):
        for percentile in (50, 95, 99):
            value = statistics.median(quantiles[percentile - 1] for quantiles in samples[transport])
            yield Figure(
                f"{transport} at {RATE}/s, p{percentile}", value, "ms", target=target if percentile == 99 else None
            )


def committed(repetitions: int) -> Iterator[Figure]:
    """Measure how many events a second the log has committed."""
    measures: dict[str, Callable[[], float]] = {
        "queue": lambda: recorded("queue"),
        "orm": stored_one_by_one,
        "stdout": lambda: recorded("stdout"),
    }
    turns = in_turn(repetitions, measures)
    for transport in TRANSPORTS:
        yield Figure(f"{transport} to commit", statistics.median(turns[transport]), "/s", target=">= 15000")
        yield compared(f"{transport} to commit", "/s", turns, transport, "orm", "Manager().Queue and the ORM", ">= 8")


def screenshot(repetitions: int) -> Iterator[Figure]:
    """Measure how long a screenshot takes."""
    for transport in TRANSPORTS:
        turns: Turns = {"channel": [], "pipe": []}
        for _ in range(repetitions):
            for channel, pipe in shot(transport):
                turns["channel"].append(channel)
                turns["pipe"].append(pipe)
        yield compared(f"5 MB over {transport}", "ms", turns, "channel", "pipe", "5 MB through a bare pipe", "<= 3")


def memory(repetitions: int) -> Iterator[Figure]:
    """Measure how much memory each process has at most, once with few events and once with many."""
    for transport in TRANSPORTS:
        few, many = (apart(transport, count) for count in (FEW, MANY))
        for process, value in many.items():
            other = few[process]
            what = f"{transport}: {process}, {MANY:,}"
            yield Figure(what, value, "MB", f"with {FEW:,}", other, value / other, "<= 1.1")


MEASURES: dict[str, Callable[[int], Iterator[Figure]]] = {
    "throughput": throughput,
    "latency": latency,
    "committed": committed,
    "screenshot": screenshot,
    "memory": memory,
}


def in_turn(repetitions: int, measures: dict[str, Callable[[], float]]) -> Turns:
    """Measure several things in turn."""
    turns: Turns = {name: [] for name in measures}
    for _ in range(repetitions):
        for name, measure in measures.items():
            turns[name].append(measure())
    return turns


def compared(what: str, unit: str, turns: Turns, own: str, other: str, beside: str, target: str) -> Figure:
    """Return the figure of two things that were measured in turn."""
    ratio = statistics.median(a / b for a, b in zip(turns[own], turns[other], strict=True))
    return Figure(what, statistics.median(turns[own]), unit, beside, statistics.median(turns[other]), ratio, target)


class Parent:
    """A child of the benchmark's, and the parent's ends of both channels."""

    def __init__(self, transport: str, program: tuple[object, ...], pass_fds: tuple[int, ...]) -> None:
        self.queue = create_queue() if transport == "queue" else None
        self.process = subprocess.Popen(
            command(*program), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=reach(self.queue), pass_fds=pass_fds
        )
        assert self.process.stdout is not None  # it is a pipe
        self._told_end = False
        self._intake = Intake()
        self._pipe_receiver = PipeReceiver(self.process.stdout, MarkerParser(), self._intake)
        self._queue_receiver = QueueReceiver(self.queue, self._intake) if self.queue is not None else None

    def take(self) -> tuple[float, list[bytes]]:
        """Take what has come, and confirm it: when it was taken, and the events among it."""
        items = self._intake.take()
        now = time.time()
        if self._queue_receiver is not None:
            number = getattr(items[-1], "number", 0)
            assert number, f"the child went over to stdout: {items[-1]}"
            self._queue_receiver.confirm(number)
        self._told_end = self._told_end or isinstance(items[-1], ControlReceived)
        return now, [item.body for item in items if type(item) is EventReceived]

    def finish(self) -> None:
        """Take what is left until the child has gone."""
        assert self.process.stdin is not None  # it is a pipe
        self.process.stdin.close()
        while self._queue_receiver is not None and not self._told_end:  # the child waits until that is confirmed
            self.take()
        assert self.process.wait() == 0
        self._pipe_receiver.finish(1.0)
        if self._queue_receiver is not None and self.queue is not None:
            self._queue_receiver.finish(1.0)
            self.queue.close()
        self._intake.close()


@contextmanager
def parent_of(transport: str, *program: object, pass_fds: tuple[int, ...] = ()) -> Iterator[Parent]:
    """Start a child, and see it to its end."""
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


def received(transport: str, *program: object) -> float:
    """Return how many events a second come from a program, whose last argument is how many it sends."""
    left = total = int(str(program[-1]))
    first = b""
    with parent_of(transport, *program) as parent:
        while left:
            now, bodies = parent.take()
            if bodies:
                first = first or bodies[0]
                left -= len(bodies)
    return total / (now - sent_at(first))


def ages(transport: str) -> list[float]:
    """Return how many milliseconds old each of the paced events is when the parent has it."""
    taken: list[tuple[float, bytes]] = []
    with parent_of(transport, "paced", transport, PACED, RATE) as parent:
        while len(taken) < PACED:
            now, bodies = parent.take()
            taken.extend((now, body) for body in bodies)
    return [1000 * (now - sent_at(body)) for now, body in taken]


def recorded(transport: str) -> float:
    """Return how many events a second are committed to a new log."""
    with new_log() as log:
        ended_at, _ = record(log, transport, COMMITTED)
        first = next(stored.body for stored in log.read(run_id=RUN) if stored.source == transport)
    return COMMITTED / (ended_at - sent_at(first or b""))


def record(log: EventLog, transport: str, count: int) -> tuple[float, dict[str, float]]:
    """Record *count* events as an audit's are; return when the last was committed, and each process's peak in MB."""
    queue = create_queue() if transport == "queue" else None
    recorder = RunRecorder(log, RUN)
    ended_at = 0.0

    def on_commit() -> None:
        nonlocal ended_at
        if not ended_at and recorder.received.get(transport, 0) >= count:
            ended_at = time.time()

    program = command("burst", transport, count)
    try:
        supervisor = Supervisor(
            recorder, program, environment=reach(queue), queue=queue, ours=True, committed=on_commit
        )
        assert supervisor.run() == 0
        found = {"parent": peak()}
        if queue is not None:
            found["manager"] = peak(queue._manager.pid)
    finally:
        if queue is not None:
            queue.close()
    assert ended_at and not recorder.missing()
    return ended_at, found


def shot(transport: str) -> Iterator[tuple[float, float]]:
    """Yield how many milliseconds a screenshot takes over the channel, and its bytes through a pipe beside it."""
    readable, writable = os.pipe()
    try:
        with parent_of(transport, "shots", transport, writable, pass_fds=(writable,)) as parent:
            stdin = parent.process.stdin
            assert stdin is not None  # it is a pipe
            for number in range(SHOTS + 1):
                stdin.write(b"channel\n")
                stdin.flush()
                now, bodies = parent.take()
                channel = now - sent_at(bodies[0])
                stdin.write(b"pipe\n")
                stdin.flush()
                (started_at,) = STARTED.unpack(os.read(readable, STARTED.size))
                chunks, left = [], SHOT_BYTES
                while left:
                    chunks.append(os.read(readable, CHUNK))
                    left -= len(chunks[-1])
                data = b"".join(chunks)
                pipe = time.time() - started_at
                assert len(data) == SHOT_BYTES
                if number:  # the first connects
                    yield 1000 * channel, 1000 * pipe
    finally:
        os.close(readable)
        os.close(writable)


def got_one_by_one() -> float:
    """Return how many events a second come through a manager's ordinary queue."""
    with one_by_one() as get:
        started_at: float = get()["timestamp"]
        for _ in range(ONE_BY_ONE - 1):
            get()
        return ONE_BY_ONE / (time.time() - started_at)


def stored_one_by_one() -> float:
    """Return how many events a second come through a manager's ordinary queue and the ORM."""
    with new_file() as path, one_by_one() as get:
        engine = create_engine(f"sqlite:///{path}")
        event.listen(engine, "connect", _be_durable)
        _Base.metadata.create_all(engine)
        with Session(engine) as session:
            started_at = 0.0
            for _ in range(ONE_BY_ONE):
                wire = get()
                started_at = started_at or wire["timestamp"]
                session.add(_Row.of(wire))
                session.commit()
            rate = ONE_BY_ONE / (time.time() - started_at)
        engine.dispose()
        return rate


@contextmanager
def one_by_one() -> Iterator[Callable[[], dict[str, Any]]]:
    """Give the `get` of a manager's ordinary queue into which a child puts."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Manager() as manager:
        queue = manager.Queue()
        process = spawn.Process(target=put_one_by_one, args=(queue, ONE_BY_ONE))
        process.start()
        yield queue.get
        process.join()


class _Base(DeclarativeBase):
    pass


class _Row(_Base):
    """An event with the log's columns, without its keys and guards."""

    __tablename__ = "event"

    position: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str]
    source: Mapped[str]
    seq: Mapped[int]
    type: Mapped[str]
    phase: Mapped[str]
    step: Mapped[str]
    emitted_at: Mapped[int]
    recorded_at: Mapped[int]
    schema_version: Mapped[int]
    artifact: Mapped[bytes | None]
    salt: Mapped[bytes]
    body: Mapped[bytes]
    body_hash: Mapped[bytes]
    hash: Mapped[bytes]

    @classmethod
    def of(cls, wire: dict[str, Any]) -> _Row:
        """Return the row of an event, as who keeps it with the standard library would make it."""
        return cls(
            run_id=RUN,
            source="queue",
            seq=wire["seq"],
            type=wire["type"],
            phase=wire["phase"],
            step=wire["step"],
            emitted_at=round(wire["timestamp"] * 1_000_000),
            recorded_at=time.time_ns() // 1000,
            schema_version=1,
            salt=bytes(16),
            body=json.dumps(wire).encode(),
            body_hash=bytes(32),
            hash=bytes(32),
        )


def _be_durable(connection: Any, record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def apart(transport: str, count: int) -> dict[str, float]:
    """Return the peaks of a recording in a parent of its own."""
    program = [sys.executable, "-m", "tests.benchmarks", "channels", "--peaks", transport, str(count)]
    done = subprocess.run(program, stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
    found: dict[str, float] = json.loads(done.stdout)
    return found


def peaks(transport: str, count: int) -> dict[str, float]:
    """Return how much memory each process has at most, in MB, while *count* events are recorded."""
    with new_log() as log:
        _, found = record(log, transport, count)
        last = max((e for e in log.read(run_id=RUN, after=count - 100) if e.source == transport), key=lambda e: e.seq)
        return {"child": decode_event(last.body or b"").summary["peak"]} | found


def command(*program: object) -> list[str]:
    """Return how to start one of the children."""
    return [sys.executable, "-P", "-m", "tests.benchmarks._channels_child", *map(str, program)]


def reach(queue: QueueProxy | None) -> dict[str, str]:
    """Return a child's environment."""
    if queue is None:
        return child_environment(ROOT)
    return child_environment(ROOT, **dict(zip((QUEUE_ADDRESS, QUEUE_KEY), serialize_queue(queue), strict=True)))


def sent_at(body: bytes) -> float:
    """Return when an event was sent."""
    return decode_event(body).timestamp


@contextmanager
def new_log() -> Iterator[EventLog]:
    """Give a new log."""
    with new_file() as path, EventLog.open(path) as log:
        yield log


@contextmanager
def new_file() -> Iterator[Path]:
    """Give a place for a database."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory, "log.db")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.2f}"
