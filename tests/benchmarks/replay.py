"""The time it takes to read a run back: its state at any point in time, and a replay in each format.

`python -m tests.benchmarks replay [--json] [--repetitions N] [--only FIGURES] [--large]`

Each figure is the median over repetitions of the processor time, so that other work of the machine does not count; only
`pace` measures wall time. The run has 10,000 events of 300 bytes, appended in batches of 100, and the recorder's events
at its beginning and its end.

* `state`: reading the run from the log and folding its state, in this process.
* `show`: `veritas show --at POINT`, as a process that writes to a pipe, near the beginning, in the middle and at the
  end, minus the time that it takes for a run of three events. `--diff-from` folds two states.
* `formats`: `veritas replay --no-wait -o FILE` in each format, as a process, minus the time that it takes for a run of
  three events, which is the start-up.
* `memory`: the peak memory of that process for 1,000,000 events, compared with 10,000. It takes minutes and 1 GB:
  `--large`.
* `pace`: `veritas replay` of a run of two minutes at the recorded pace, once: the largest deviation of an event from
  its recorded offset, counted from the arrival of the first event, and how much later the last fifty events arrive than
  the first fifty. A process that only sleeps until the same offsets shows how much of that is due to the machine.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from store.log import EventLog
from tests.benchmarks._figure import Figure, compare, in_turn, measure
from tests.benchmarks._files import temporary_path
from tests.benchmarks._log_work import append_work, new_run
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.config import child_environment
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import AuditRequested, ProcessStarted, RunFinished
from veritas.projections.audit_state import AuditState
from veritas.recording.recorder import RunRecorder

ROOT = Path(__file__).parents[2]
EVENTS, MANY = 10_000, 1_000_000
FORMATS_MEASURED = ("terminal", "markers", "client", "jsonl", "cloudevents", "cast", "otlp")
SLEEPER = """
import sys, time
start = time.monotonic()
for offset in map(float, sys.argv[1:]):
    time.sleep(max(start + offset - time.monotonic(), 0))
    print('{"offset": %r}' % offset, flush=True)
"""


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    return measure(
        argv,
        name="replay",
        doc=__doc__,
        measures=MEASURES,
        repetitions=7,
        optional=("memory", "--large", "measure a large run too, which takes minutes and 1 GB"),
    )


def state(repetitions: int) -> Iterator[Figure]:
    """Measure how many milliseconds it takes to read a run and fold its state."""
    with recorded_run(EVENTS) as (file, run_id), Archive.open(file) as archive:

        def fold() -> float:
            before = time.process_time()
            folded = AuditState.of(archive.events(run_id))
            taken = time.process_time() - before
            assert folded.emitted == EVENTS
            return 1000 * taken

        turns = in_turn(repetitions, {"state": fold})
    yield Figure(f"state of {EVENTS:,} events", statistics.median(turns["state"]), "ms", target="<= 150")


def show(repetitions: int) -> Iterator[Figure]:
    """Measure how many milliseconds a run's length adds to showing its state at a point in time."""
    with recorded_run(EVENTS) as (file, run_id), recorded_run(0) as (empty, empty_run):
        points = {"at its beginning": "10", "in its middle": str(EVENTS // 2), "at its end": str(EVENTS)}
        measures = {what: show_time(file, run_id, "--at", point) for what, point in points.items()}
        measures["what changed"] = show_time(file, run_id, "--diff-from", "10")
        turns = in_turn(repetitions, {"start-up": show_time(empty, empty_run, "--at", "r1"), **measures})
    for what in measures:
        added = statistics.median(long - start for long, start in zip(turns[what], turns["start-up"], strict=True))
        target = "<= 300" if what in points else None
        yield Figure(f"show, {EVENTS:,} events, {what}", added, "ms", target=target)


def formats(repetitions: int) -> Iterator[Figure]:
    """Measure how many milliseconds a run's length adds to writing it to a file."""
    with recorded_run(EVENTS) as (file, run_id), recorded_run(0) as (empty, empty_run):
        measures = {name: (lambda name=name: replay_time(file, run_id, name)) for name in FORMATS_MEASURED}
        turns = in_turn(repetitions, {"start-up": lambda: replay_time(empty, empty_run, "jsonl"), **measures})
    yield Figure("replay, start-up", statistics.median(turns["start-up"]), "ms")
    for name in FORMATS_MEASURED:
        added = statistics.median(long - start for long, start in zip(turns[name], turns["start-up"], strict=True))
        yield Figure(f"replay of {EVENTS:,}, {name}", added, "ms", target="<= 500")


def memory(repetitions: int) -> Iterator[Figure]:
    """Measure the peak memory, in MB, of a process that writes a large run to a file."""
    with recorded_run(EVENTS) as (few, few_run), recorded_run(MANY) as (many, many_run):
        for name in ("markers", "terminal", "jsonl", "otlp"):
            turns = {"many": [peak_of(many, many_run, name)], "few": [peak_of(few, few_run, name)]}
            yield compare(f"memory, {MANY:,}, {name}", "MB", turns, "many", "few", f"{EVENTS:,} events", "<= 1.5")


def pace(_: int) -> Iterator[Figure]:
    """Measure how many milliseconds early or late the events of a replay arrive."""
    with timed_run(seconds=120, events=400) as (file, run_id):
        command = (sys.executable, "-m", "veritas", "replay", run_id, "--format", "jsonl", "--db", str(file))
        at_once = subprocess.run((*command, "--no-wait"), capture_output=True, check=True, env=child_environment(ROOT))
        offsets = [str(json.loads(line)["offset"]) for line in at_once.stdout.splitlines()]
        with ThreadPoolExecutor() as both:
            replay = both.submit(lateness, command)
            sleeper = both.submit(lateness, (sys.executable, "-c", SLEEPER, *offsets))
            late, sleeper_late = replay.result(), sleeper.result()
    yield Figure("pace, two minutes, maximum", max(map(abs, late)), "ms", target="<= 20")
    yield Figure("  of a process that only sleeps", max(map(abs, sleeper_late)), "ms")
    yield Figure("pace, two minutes, 19 of 20 within", sorted(map(abs, late))[len(late) * 19 // 20], "ms")
    yield Figure("pace, two minutes, median", statistics.median(late), "ms")
    yield Figure("  of a process that only sleeps", statistics.median(sleeper_late), "ms")
    drift = statistics.median(late[-50:]) - statistics.median(late[:50])
    yield Figure("pace, two minutes, drift", drift, "ms", target="<= 1")


@contextmanager
def recorded_run(events: int) -> Iterator[tuple[Path, str]]:
    """Yield a log with one run, with so many events of a child, and the run's id."""
    run_id = new_run()
    with temporary_path() as file:
        with EventLog.open(file) as log:
            recorder = RunRecorder(log, run_id)
            requested = AuditRequested(run_id.removesuffix(".1"), "https://shop.example/", "standard_audit", "audit")
            recorder.note(requested, ProcessStarted(1, ["python"]))
            append_work(log, 100, events // 100, run_id=run_id)()
            recorder.note(RunFinished("completed", "queue"))
        yield file, run_id


@contextmanager
def timed_run(*, seconds: float, events: int) -> Iterator[tuple[Path, str]]:
    """Yield a log with one run, with so many events at random times within so many seconds, and the run's id."""
    run_id, start, draw = new_run(), time.time() - 2 * seconds, random.Random(1)
    offsets = sorted(draw.uniform(0, seconds) for _ in range(events))
    with temporary_path() as file:
        with EventLog.open(file) as log:
            recorder = RunRecorder(log, run_id, clock=lambda: start)
            requested = AuditRequested(run_id.removesuffix(".1"), "https://shop.example/", "standard_audit", "audit")
            recorder.note(requested)
            for seq, offset in enumerate(offsets, 1):
                event = ProgressEvent(phase="vision", step="analyzing", timestamp=start + offset, seq=seq)
                recorder.record([EventReceived("queue", encode_event(event))])
        yield file, run_id


def lateness(command: Sequence[str]) -> list[float]:
    """Return how many milliseconds late each JSON line with an `offset` arrives from a command, after the first."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=child_environment(ROOT)) as process:
        assert process.stdout is not None
        arrivals = [(time.perf_counter(), json.loads(line)["offset"]) for line in process.stdout]
    first = arrivals[0][0]
    return [1000 * (arrived - first - offset) for arrived, offset in arrivals]


def show_time(file: Path, run_id: str, *arguments: str) -> Callable[[], float]:
    """Return a function that measures `veritas show` of a run, including its start-up, in milliseconds."""
    program = (sys.executable, "-m", "veritas", "show", run_id, *arguments, "--db", str(file), "--json")

    def measure() -> float:
        before = child_time()
        subprocess.run(program, stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
        return 1000 * (child_time() - before)

    return measure


def replay_time(file: Path, run_id: str, name: str) -> float:
    """Write a run to a file; return the process's processor time in milliseconds."""
    target = file.with_suffix(".out")
    program = (sys.executable, "-m", "veritas", "replay", run_id, "--no-wait", "--format", name, "--db", str(file))
    with subprocess.Popen((*program, "-o", str(target), "--force"), env=child_environment(ROOT)) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0 and target.stat().st_size
    return 1000 * (used.ru_utime + used.ru_stime)


def peak_of(file: Path, run_id: str, name: str) -> float:
    """Write a run to a file; return the process's peak memory in MB."""
    program = (sys.executable, "-P", "-m", "tests.benchmarks._log_child", "replay")
    arguments = (str(file), run_id, name, str(file.with_suffix(".out")))
    done = subprocess.run((*program, *arguments), stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
    return float(done.stdout)


def child_time() -> float:
    """Return the processor time, in seconds, of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


MEASURES: dict[str, Callable[[int], Iterator[Figure]]] = {
    "state": state,
    "show": show,
    "formats": formats,
    "memory": memory,
    "pace": pace,
}
