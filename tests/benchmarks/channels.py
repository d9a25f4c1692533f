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

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from store.log import EventLog
from tests.benchmarks._channels_child import peak
from tests.benchmarks._channels_parent import RATE, ROOT, ages, command, reach, received, sent_at, shot
from tests.benchmarks._channels_plain import RUN, got_one_by_one, stored_one_by_one
from tests.benchmarks._figure import Figure, Turns, compared, in_turn, measure
from tests.benchmarks._files import new_log
from veritas.channels.queue import QueueReceiver
from veritas.config import child_environment
from veritas.core.ipc import create_queue
from veritas.events.progress import decode_event
from veritas.recording.recorder import RunRecorder
from veritas.recording.supervisor import Supervisor

TRANSPORTS = ("queue", "stdout")
COUNT, COMMITTED = 100_000, 50_000
FEW, MANY = 10_000, 1_000_000


def main(argv: list[str]) -> int:
    """Measure, and print what came of it."""
    if argv[:1] == ["--peaks"]:  # asked by `memory` itself, of a process of its own
        json.dump(peaks(argv[1], int(argv[2])), sys.stdout)
        return 0
    return measure(
        argv,
        name="channels",
        doc=__doc__,
        measures=MEASURES,
        repetitions=5,
        apart=("memory", "--memory", "measure memory too, which takes minutes"),
    )


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
        receiver = QueueReceiver(queue) if queue is not None else None
        supervisor = Supervisor(
            recorder, program, environment=reach(queue), receiver=receiver, ours=True, committed=on_commit
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
