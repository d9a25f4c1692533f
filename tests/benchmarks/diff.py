"""How fast two recorded runs are compared.

`python -m tests.benchmarks diff [--json] [--repetitions N] [--only FIGURES] [--large]`

Each figure is the median over repetitions, of the time that a process of its own has from the processor for reading two
runs out of a log and comparing them. The events have 300 bytes, and no two of them the same time.

* `equal`: two runs of 10,000 events that say the same at other times.
* `edits`: the same with 500 edits, scattered over one of them: events lost, sent twice, swapped, and altered.
* `different`: two runs that have nothing in common.
* `memory`: what the process has at most, in each of these cases.
* `growth`: 80,000 equal events beside eight times what 10,000 take: `--large`.
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
from tests.benchmarks._files import new_file
from tests.benchmarks._log_work import new_run
from veritas.channels.messages import EventReceived
from veritas.config import child_environment
from veritas.events.progress import ProgressEvent, encode_event
from veritas.recording.recorder import RunRecorder

ROOT = Path(__file__).parents[2]
EVENTS, EDITS, LARGER = 10_000, 500, 8
Runs = tuple[Path, str, str]  # a log and two of its runs


def main(argv: list[str]) -> int:
    """Measure, and print what came of it."""
    return measure(
        argv,
        name="diff",
        doc=__doc__,
        measures=MEASURES,
        repetitions=5,
        apart=("growth", "--large", "compare larger runs too"),
    )


def equal(repetitions: int) -> Iterator[Figure]:
    """Measure how many seconds it takes to find two runs equal."""
    with recorded(of_events(EVENTS), of_events(EVENTS, later=7.0)) as runs:
        yield from figures(f"{EVENTS:,} events, equal", runs, repetitions, differences=0, target="<= 1")


def edits(repetitions: int) -> Iterator[Figure]:
    """Measure how many seconds it takes to find scattered edits."""
    with recorded(of_events(EVENTS), edited(of_events(EVENTS, later=7.0))) as runs:
        yield from figures(f"{EVENTS:,} events, {EDITS} edits", runs, repetitions, differences=EDITS, target="<= 3")


def different(repetitions: int) -> Iterator[Figure]:
    """Measure how many seconds it takes to compare what has nothing in common."""
    with recorded(of_events(EVENTS), of_events(EVENTS, word="other")) as runs:
        yield from figures(f"{EVENTS:,} events, all different", runs, repetitions, differences=2 * EVENTS, target=None)


def growth(repetitions: int) -> Iterator[Figure]:
    """Measure whether the cost grows as the events do."""
    with recorded(of_events(EVENTS), of_events(EVENTS)) as few, recorded(*[of_events(LARGER * EVENTS)] * 2) as many:
        turns = [(compared(few)["seconds"], compared(many)["seconds"]) for _ in range(repetitions)]
    small, large = (statistics.median(times) for times in zip(*turns, strict=True))
    ratio = statistics.median(b / (LARGER * a) for a, b in turns)
    beside = f"{LARGER} times {EVENTS:,}"
    yield Figure(f"{LARGER * EVENTS:,} events, equal", large, "s", beside, LARGER * small, ratio, "<= 1.2")


def figures(
    what: str, runs: tuple[Path, str, str], repetitions: int, *, differences: int, target: str | None
) -> Iterator[Figure]:
    """Compare, and yield the time and the memory that it took."""
    outcomes = [compared(runs) for _ in range(repetitions)]
    assert {outcome["differences"] for outcome in outcomes} == {differences}, outcomes[0]
    yield Figure(what, statistics.median(outcome["seconds"] for outcome in outcomes), "s", target=target)
    yield Figure("  memory", max(outcome["peak"] for outcome in outcomes), "MB", target="<= 200")


def compared(runs: Runs) -> dict[str, Any]:
    """Compare two runs in a process of their own."""
    program = (sys.executable, "-P", "-m", "tests.benchmarks._diff_child", *map(str, runs))
    done = subprocess.run(program, stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def of_events(number: int, *, later: float = 0.0, word: str = "page") -> list[bytes]:
    """Return what a child emits."""
    some = random.Random(1)
    return [
        encode_event(
            ProgressEvent(
                phase="scout",
                step=("visiting", "page_loaded", "done")[seq % 3],
                pct=seq % 100,
                detail=f"The {word} {seq // 4} of the shop, with a sentence about it that makes the event long enough",
                summary={"url": f"https://shop.example/{word}/{seq}", "price": some.random(), "items": [1, 2, 3]},
                timestamp=1_763_800_000 + later + seq / 100 + some.random() / 1_000,
                seq=seq,
            )
        )
        for seq in range(1, number + 1)
    ]


def edited(bodies: list[bytes]) -> list[bytes]:
    """Return what a transport with faults makes of it; a repetition is one under a number of its own."""
    some = random.Random(2)
    places = sorted(some.sample(range(0, len(bodies) - 2, 4), EDITS), reverse=True)
    for number, place in enumerate(places):
        match number % 3:
            case 0:
                del bodies[place]
            case 1:
                bodies[place : place + 2] = bodies[place + 1], bodies[place]
            case _:
                bodies[place] = bodies[place].replace(b'"price":', b'"price":1')
    return bodies


@contextmanager
def recorded(*emitted: list[bytes]) -> Iterator[Runs]:
    """Give a log with a run of each, and the runs' ids."""
    runs = [new_run() for _ in emitted]
    with new_file() as file:
        with EventLog.open(file) as log:
            for run_id, bodies in zip(runs, emitted, strict=True):
                recorder = RunRecorder(log, run_id)
                for start in range(0, len(bodies), 1_000):
                    recorder.record([EventReceived("queue", body) for body in bodies[start : start + 1_000]])
        yield file, runs[0], runs[1]


MEASURES = {"equal": equal, "edits": edits, "different": different, "growth": growth}
