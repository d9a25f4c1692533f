"""The rate and latency of events from an audit's child to its parent and the log, compared with plain queues and pipes.

`python -m tests.benchmarks channels [--json] [--repetitions N] [--only FIGURES] [--memory]`

A child process creates and encodes events of about 300 bytes, and this process receives them. Each figure is the median
over repetitions. Things that are compared are measured in turn, and a ratio is the median of the ratios of those turns,
so that a machine that is busy now and then slows both. A rate is measured from the time at which the first event is
sent.

* `throughput`: events per second until the parent has taken and confirmed all of them, without a log. The queue is
  compared with a manager's ordinary queue, with one put and one get for each event; stdout is compared with a loop that
  encodes an existing dict with msgspec, writes the line and flushes, to the same reader.
* `latency`: the time from the emitter to the parent, at 500 events per second.
* `committed`: events per second until the commit in SQLite with `synchronous=FULL`, compared with a manager's ordinary
  queue and SQLAlchemy's ORM, which writes to a bare table with the log's columns and commits after each event.
* `screenshot`: the time to encode and receive an event with 5 MB, compared with the same bytes through a bare pipe.
* `memory`: the peak memory of each process with 1,000,000 events, compared with 10,000 events. It takes minutes:
  `--memory`.
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
from tests.benchmarks._channels_parent import (
    RATE,
    ROOT,
    child_variables,
    command,
    latencies,
    receive_rate,
    screenshot_times,
    sent_at,
)
from tests.benchmarks._channels_plain import RUN, plain_queue_and_orm_rate, plain_queue_rate
from tests.benchmarks._figure import Figure, Turns, compare, in_turn, measure
from tests.benchmarks._files import temporary_log
from veritas.channels.queue import QueueReceiver
from veritas.config import child_environment
from veritas.core.ipc import create_queue
from veritas.events.progress import decode_event
from veritas.recording.child_run import SingleRun
from veritas.recording.recorder import RunRecorder
from veritas.recording.supervisor import Supervisor

TRANSPORTS = ("queue", "stdout")
COUNT, COMMITTED = 100_000, 50_000
FEW, MANY = 10_000, 1_000_000


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    if argv[:1] == ["--peaks"]:  # `memory` starts this in another process
        json.dump(peaks(argv[1], int(argv[2])), sys.stdout)
        return 0
    return measure(
        argv,
        name="channels",
        doc=__doc__,
        measures=MEASURES,
        repetitions=5,
        optional=("memory", "--memory", "measure memory too, which takes minutes"),
    )


def throughput(repetitions: int) -> Iterator[Figure]:
    """Measure how many events per second the parent receives."""
    turns = in_turn(
        repetitions,
        {
            "queue": lambda: receive_rate("queue", "burst", "queue", COUNT),
            "one by one": plain_queue_rate,
            "stdout": lambda: receive_rate("stdout", "burst", "stdout", COUNT),
            "bare": lambda: receive_rate("stdout", "bare", COUNT),
        },
    )
    yield compare("queue channel", "/s", turns, "queue", "one by one", "Manager().Queue, one by one", ">= 25")
    yield compare("queue channel", "/s", turns, "queue", "stdout", "the stdout channel", ">= 0.6")
    yield compare("stdout channel", "/s", turns, "stdout", "bare", "a bare loop of msgspec, write, flush", ">= 0.9")


def latency(repetitions: int) -> Iterator[Figure]:
    """Measure how old an event is when the parent receives it."""
    samples: dict[str, list[list[float]]] = {transport: [] for transport in TRANSPORTS}
    for _ in range(repetitions):
        for transport in TRANSPORTS:
            samples[transport].append(statistics.quantiles(latencies(transport), n=100))
    for transport, target in zip(TRANSPORTS, ("<= 3", None), strict=True):
        for percentile in (50, 95, 99):
            value = statistics.median(quantiles[percentile - 1] for quantiles in samples[transport])
            yield Figure(
                f"{transport} at {RATE}/s, p{percentile}", value, "ms", target=target if percentile == 99 else None
            )


def committed(repetitions: int) -> Iterator[Figure]:
    """Measure how many events per second the log commits."""
    measures: dict[str, Callable[[], float]] = {
        "queue": lambda: commit_rate("queue"),
        "orm": plain_queue_and_orm_rate,
        "stdout": lambda: commit_rate("stdout"),
    }
    turns = in_turn(repetitions, measures)
    for transport in TRANSPORTS:
        yield Figure(f"{transport} to commit", statistics.median(turns[transport]), "/s", target=">= 15000")
        yield compare(f"{transport} to commit", "/s", turns, transport, "orm", "Manager().Queue and the ORM", ">= 8")


def screenshot(repetitions: int) -> Iterator[Figure]:
    """Measure how long a screenshot takes."""
    for transport in TRANSPORTS:
        turns: Turns = {"channel": [], "pipe": []}
        for _ in range(repetitions):
            for channel, pipe in screenshot_times(transport):
                turns["channel"].append(channel)
                turns["pipe"].append(pipe)
        yield compare(f"5 MB over {transport}", "ms", turns, "channel", "pipe", "5 MB through a bare pipe", "<= 3")


def memory(repetitions: int) -> Iterator[Figure]:
    """Measure the peak memory of each process, once with few events and once with many."""
    for transport in TRANSPORTS:
        few, many = (peaks_in_new_process(transport, count) for count in (FEW, MANY))
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


def commit_rate(transport: str) -> float:
    """Return how many events per second are committed to a new log."""
    with temporary_log() as log:
        ended_at, _ = record(log, transport, COMMITTED)
        first = next(stored.body for stored in log.read(run_id=RUN) if stored.source == transport)
    return COMMITTED / (ended_at - sent_at(first or b""))


def record(log: EventLog, transport: str, count: int) -> tuple[float, dict[str, float]]:
    """Record *count* events as those of an audit are recorded.

    Returns:
        The time at which the last event was committed, and the peak memory of each process in MB.
    """
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
            recorder,
            SingleRun(program, environment=child_variables(queue), ours=True),
            receiver=receiver,
            committed=on_commit,
        )
        assert supervisor.run() == 0
        peak_memory = {"parent": peak()}
        if queue is not None:
            peak_memory["manager"] = peak(queue._manager.pid)
    finally:
        if queue is not None:
            queue.close()
    assert ended_at and not recorder.missing()
    return ended_at, peak_memory


def peaks_in_new_process(transport: str, count: int) -> dict[str, float]:
    """Return the peak memory of each process of a recording, in MB; the parent is a new process."""
    program = [sys.executable, "-m", "tests.benchmarks", "channels", "--peaks", transport, str(count)]
    done = subprocess.run(program, stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
    peak_memory: dict[str, float] = json.loads(done.stdout)
    return peak_memory


def peaks(transport: str, count: int) -> dict[str, float]:
    """Return the peak memory of each process, in MB, while *count* events are recorded."""
    with temporary_log() as log:
        _, peak_memory = record(log, transport, count)
        last = max((e for e in log.read(run_id=RUN, after=count - 100) if e.source == transport), key=lambda e: e.seq)
        return {"child": decode_event(last.body or b"").summary["peak"]} | peak_memory
