"""The time and the memory that a comparison of two recorded runs takes.

`python -m tests.benchmarks diff [--json] [--repetitions N] [--only FIGURES] [--large]`

Each figure is the median over repetitions of the processor time that a new process takes to read two runs from a log
and compare them, followed by the peak memory of that process. The events have 300 bytes, and no two of them have the
same time.

* `equal`: two runs of 10,000 events with the same content at other times.
* `edits`: the same with 500 edits, scattered over one of them: events lost, swapped, and altered.
* `different`: two runs that have nothing in common.
* `growth`: the time for 80,000 equal events, compared with eight times that for 10,000: `--large`.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from store.log import EventLog
from tests.benchmarks._figure import Figure, measure
from tests.benchmarks._files import temporary_path
from tests.benchmarks._log_work import new_run
from veritas.channels.messages import EventReceived
from veritas.config import child_environment
from veritas.events.progress import ProgressEvent, encode_event
from veritas.recording.recorder import RunRecorder

ROOT = Path(__file__).parents[2]
EVENTS, EDITS, LARGER = 10_000, 500, 8
Runs = tuple[Path, str, str]  # a log and two of its runs


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    return measure(
        argv,
        name="diff",
        doc=__doc__,
        measures=MEASURES,
        repetitions=5,
        optional=("growth", "--large", "compare larger runs too"),
    )


def equal(repetitions: int) -> Iterator[Figure]:
    """Measure how many seconds it takes to find two runs equal."""
    with recorded(events(EVENTS), events(EVENTS, later=7.0)) as runs:
        yield from figures(f"{EVENTS:,} events, equal", runs, repetitions, differences=0, target="<= 1")


def edits(repetitions: int) -> Iterator[Figure]:
    """Measure how many seconds it takes to find scattered edits."""
    with recorded(events(EVENTS), edited(events(EVENTS, later=7.0))) as runs:
        yield from figures(f"{EVENTS:,} events, {EDITS} edits", runs, repetitions, differences=EDITS, target="<= 3")


def different(repetitions: int) -> Iterator[Figure]:
    """Measure how many seconds it takes to compare two runs that have nothing in common."""
    with recorded(events(EVENTS), events(EVENTS, word="other")) as runs:
        yield from figures(f"{EVENTS:,} events, all different", runs, repetitions, differences=2 * EVENTS, target=None)


def growth(repetitions: int) -> Iterator[Figure]:
    """Measure whether the time grows in proportion to the number of events."""
    with recorded(events(EVENTS), events(EVENTS)) as few, recorded(*[events(LARGER * EVENTS)] * 2) as many:
        turns = [(compare_runs(few)["seconds"], compare_runs(many)["seconds"]) for _ in range(repetitions)]
    small, large = (statistics.median(times) for times in zip(*turns, strict=True))
    ratio = statistics.median(b / (LARGER * a) for a, b in turns)
    baseline = f"{LARGER} times {EVENTS:,}"
    yield Figure(f"{LARGER * EVENTS:,} events, equal", large, "s", baseline, LARGER * small, ratio, "<= 1.2")


def figures(what: str, runs: Runs, repetitions: int, *, differences: int, target: str | None) -> Iterator[Figure]:
    """Compare two runs repeatedly, and yield the time and the memory that it takes."""
    outcomes = [compare_runs(runs) for _ in range(repetitions)]
    assert {outcome["differences"] for outcome in outcomes} == {differences}, outcomes[0]
    yield Figure(what, statistics.median(outcome["seconds"] for outcome in outcomes), "s", target=target)
    yield Figure("  memory", max(outcome["peak"] for outcome in outcomes), "MB", target="<= 200")


def compare_runs(runs: Runs) -> dict[str, Any]:
    """Compare two runs in a new process, and return what it reports."""
    program = (sys.executable, "-P", "-m", "tests.benchmarks._diff_child", *map(str, runs))
    done = subprocess.run(program, stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def events(number: int, *, later: float = 0.0, word: str = "page") -> list[bytes]:
    """Return the bodies of *number* events, as a child emits them."""
    draw = random.Random(1)
    return [
        encode_event(
            ProgressEvent(
                phase="scout",
                step=("visiting", "page_loaded", "done")[seq % 3],
                pct=seq % 100,
                detail=f"The {word} {seq // 4} of the shop, with a sentence about it that makes the event long enough",
                summary={"url": f"https://shop.example/{word}/{seq}", "price": draw.random(), "items": [1, 2, 3]},
                timestamp=1_763_800_000 + later + seq / 100 + draw.random() / 1_000,
                seq=seq,
            )
        )
        for seq in range(1, number + 1)
    ]


def edited(bodies: list[bytes]) -> list[bytes]:
    """Edit events at random places: in turn, an event is lost, swapped with the next one, or altered."""
    draw = random.Random(2)
    indexes = sorted(draw.sample(range(0, len(bodies) - 2, 4), EDITS), reverse=True)
    for number, index in enumerate(indexes):
        match number % 3:
            case 0:
                del bodies[index]
            case 1:
                bodies[index : index + 2] = bodies[index + 1], bodies[index]
            case _:
                bodies[index] = bodies[index].replace(b'"price":', b'"price":1')
    return bodies


@contextmanager
def recorded(*emitted: list[bytes]) -> Iterator[Runs]:
    """Yield a log with a run for each list of events, and the ids of the first two runs."""
    runs = [new_run() for _ in emitted]
    with temporary_path() as file:
        with EventLog.open(file) as log:
            for run_id, bodies in zip(runs, emitted, strict=True):
                recorder = RunRecorder(log, run_id)
                for start in range(0, len(bodies), 1_000):
                    recorder.record([EventReceived("queue", body) for body in bodies[start : start + 1_000]])
        yield file, runs[0], runs[1]


MEASURES = {"equal": equal, "edits": edits, "different": different, "growth": growth}
