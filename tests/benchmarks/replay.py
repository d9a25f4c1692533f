"""How fast what was recorded is there again: an audit's state, at its end and at any moment.

`python -m tests.benchmarks replay [--json] [--repetitions N] [--only FIGURES] [--large]`

Each figure is the median over repetitions, of the processor's time, so that what else the machine is busy with does not
count; `pace` alone waits for anything. The run has 10,000 events of 300 bytes, appended in batches of 100, and the
recorder's own at its beginning and its end.

* `state`: the run's state, read from the log and folded, in this process.
* `show`: `veritas show --at POINT`, as a process that writes to a pipe, beyond what the same process takes for a run
  of three events: near the beginning, in the middle and at the end. `--diff-from` folds twice.
* `formats`: `veritas replay --no-wait -o FILE` in each format, as a process, beyond what it takes for a run of three
  events, which is what it takes to start.
* `memory`: how much the same process has at most for 1,000,000 events, beside 10,000. It takes minutes and 1 GB:
  `--large`.
* `pace`: `veritas replay` of a run of two minutes at the recorded pace, once: how far from its recorded offset an event
  comes at most, reckoned from the first event's arrival, and how much later the last fifty come than the first fifty;
  beside it what a process comes to that only sleeps until the same offsets, for that is the machine's own.
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
from tests.benchmarks._figure import Figure, compared, in_turn, measure
from tests.benchmarks._files import new_file
from tests.benchmarks._log_work import appending, new_run
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
    """Measure, and print what came of it."""
    return measure(
        argv,
        name="replay",
        doc=__doc__,
        measures=MEASURES,
        repetitions=7,
        apart=("memory", "--large", "measure a large run too, which takes minutes and 1 GB"),
    )


def state(repetitions: int) -> Iterator[Figure]:
    """Measure how many milliseconds it takes to know a run's state."""
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
    """Measure how many milliseconds a run's length adds to showing its state at a moment."""
    with recorded_run(EVENTS) as (file, run_id), recorded_run(0) as (empty, empty_run):
        moments = {"at its beginning": "10", "in its middle": str(EVENTS // 2), "at its end": str(EVENTS)}
        measures = {what: showing(file, run_id, "--at", moment) for what, moment in moments.items()}
        measures["what changed"] = showing(file, run_id, "--diff-from", "10")
        turns = in_turn(repetitions, {"start-up": showing(empty, empty_run, "--at", "r1"), **measures})
    for what in measures:
        beyond = statistics.median(long - start for long, start in zip(turns[what], turns["start-up"], strict=True))
        target = "<= 300" if what in moments else None
        yield Figure(f"show, {EVENTS:,} events, {what}", beyond, "ms", target=target)


def formats(repetitions: int) -> Iterator[Figure]:
    """Measure how many milliseconds a run's length adds to writing it into a file."""
    with recorded_run(EVENTS) as (file, run_id), recorded_run(0) as (empty, empty_run):
        measures = {name: (lambda name=name: replayed(file, run_id, name)) for name in FORMATS_MEASURED}
        turns = in_turn(repetitions, {"start-up": lambda: replayed(empty, empty_run, "jsonl"), **measures})
    yield Figure("replay, start-up", statistics.median(turns["start-up"]), "ms")
    for name in FORMATS_MEASURED:
        beyond = statistics.median(long - start for long, start in zip(turns[name], turns["start-up"], strict=True))
        yield Figure(f"replay of {EVENTS:,}, {name}", beyond, "ms", target="<= 500")


def memory(repetitions: int) -> Iterator[Figure]:
    """Measure how many MB a process has at most that writes a large run into a file."""
    with recorded_run(EVENTS) as (few, few_run), recorded_run(MANY) as (many, many_run):
        for name in ("markers", "terminal", "jsonl", "otlp"):
            turns = {"many": [peak_of(many, many_run, name)], "few": [peak_of(few, few_run, name)]}
            yield compared(f"memory, {MANY:,}, {name}", "MB", turns, "many", "few", f"{EVENTS:,} events", "<= 1.5")


def pace(_: int) -> Iterator[Figure]:
    """Measure how many milliseconds an event of a replay comes before or after its time."""
    with timed_run(seconds=120, events=400) as (file, run_id):
        command = (sys.executable, "-m", "veritas", "replay", run_id, "--format", "jsonl", "--db", str(file))
        at_once = subprocess.run((*command, "--no-wait"), capture_output=True, check=True, env=child_environment(ROOT))
        offsets = [str(json.loads(line)["offset"]) for line in at_once.stdout.splitlines()]
        with ThreadPoolExecutor() as both:
            replay = both.submit(lateness, command)
            sleeper = both.submit(lateness, (sys.executable, "-c", SLEEPER, *offsets))
            late, machines = replay.result(), sleeper.result()
    yield Figure("pace, two minutes, farthest off", max(map(abs, late)), "ms", target="<= 20")
    yield Figure("  of a bare sleeper beside it", max(map(abs, machines)), "ms")
    yield Figure("pace, two minutes, 19 of 20 within", sorted(map(abs, late))[len(late) * 19 // 20], "ms")
    yield Figure("pace, two minutes, in the middle", statistics.median(late), "ms")
    yield Figure("  of a bare sleeper beside it", statistics.median(machines), "ms")
    drift = statistics.median(late[-50:]) - statistics.median(late[:50])
    yield Figure("pace, two minutes, drift", drift, "ms", target="<= 1")


@contextmanager
def recorded_run(events: int) -> Iterator[tuple[Path, str]]:
    """Give a log with one run of so many of a child's events."""
    run_id = new_run()
    with new_file() as file:
        with EventLog.open(file) as log:
            recorder = RunRecorder(log, run_id)
            requested = AuditRequested(run_id.removesuffix(".1"), "https://shop.example/", "standard_audit", "audit")
            recorder.note(requested, ProcessStarted(1, ["python"]))
            appending(log, 100, events // 100, run_id=run_id)()
            recorder.note(RunFinished("completed", "queue"))
        yield file, run_id


@contextmanager
def timed_run(*, seconds: float, events: int) -> Iterator[tuple[Path, str]]:
    """Give a log with one run of so many events of a child's, at random times within so many seconds."""
    run_id, start, some = new_run(), time.time() - 2 * seconds, random.Random(1)
    offsets = sorted(some.uniform(0, seconds) for _ in range(events))
    with new_file() as file:
        with EventLog.open(file) as log:
            recorder = RunRecorder(log, run_id, clock=lambda: start)
            requested = AuditRequested(run_id.removesuffix(".1"), "https://shop.example/", "standard_audit", "audit")
            recorder.note(requested)
            for seq, offset in enumerate(offsets, 1):
                event = ProgressEvent(phase="vision", step="analyzing", timestamp=start + offset, seq=seq)
                recorder.record([EventReceived("queue", encode_event(event))])
        yield file, run_id


def lateness(command: Sequence[str]) -> list[float]:
    """Run what writes lines of JSON with an `offset`; return how many milliseconds late each came after the first."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=child_environment(ROOT)) as process:
        assert process.stdout is not None
        arrivals = [(time.perf_counter(), json.loads(line)["offset"]) for line in process.stdout]
    first = arrivals[0][0]
    return [1000 * (arrived - first - offset) for arrived, offset in arrivals]


def showing(file: Path, run_id: str, *arguments: str) -> Callable[[], float]:
    """Return how to measure a `veritas show` of a run, the start of its process included."""
    program = (sys.executable, "-m", "veritas", "show", run_id, *arguments, "--db", str(file), "--json")

    def measure() -> float:
        before = of_children()
        subprocess.run(program, stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
        return 1000 * (of_children() - before)

    return measure


def replayed(file: Path, run_id: str, name: str) -> float:
    """Write a run into a file; return the process's own time in milliseconds."""
    target = file.with_suffix(".out")
    program = (sys.executable, "-m", "veritas", "replay", run_id, "--no-wait", "--format", name, "--db", str(file))
    with subprocess.Popen((*program, "-o", str(target), "--force"), env=child_environment(ROOT)) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0 and target.stat().st_size
    return 1000 * (used.ru_utime + used.ru_stime)


def peak_of(file: Path, run_id: str, name: str) -> float:
    """Write a run into a file; return how many MB the process had at most."""
    program = (sys.executable, "-P", "-m", "tests.benchmarks._log_child", "replay")
    arguments = (str(file), run_id, name, str(file.with_suffix(".out")))
    done = subprocess.run((*program, *arguments), stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
    return float(done.stdout)


def of_children() -> float:
    """Return the processor's time that the processes have taken which this one started and which have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


MEASURES: dict[str, Callable[[int], Iterator[Figure]]] = {
    "state": state,
    "show": show,
    "formats": formats,
    "memory": memory,
    "pace": pace,
}
