"""The arguments and the output that the benchmarks that kill processes have in common."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """The outcome of one kill, or of several kills of the same kind.

    Attributes:
        what: The kind of kill.
        kills: The number of kills.
        events: The number of events, by what happened to them.
        broken: A sentence for each promise that was broken; it states at which kill.
    """

    what: str
    kills: int
    events: dict[str, int]
    broken: list[str]


def run_kills(
    argv: list[str], *, prog: str, about: str, count: int, carry_out: Callable[[int, int], Iterator[Outcome]]
) -> int:
    """Carry out kills, and print a table, or with --json the figures.

    Args:
        argv: The benchmark's arguments.
        prog: The benchmark's name.
        about: The description in the help.
        count: The default number of kills.
        carry_out: Carries out kills, given a seed and the number of kills.

    Returns:
        The exit status: 1 if a promise was broken.
    """
    parser = argparse.ArgumentParser(prog=prog, description=about)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--count", type=int, default=count, metavar="N", help="number of kills (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="the seed of an earlier run, to draw the same kills again")
    arguments = parser.parse_args(argv)
    seed = arguments.seed if arguments.seed is not None else time.time_ns() % 1_000_000_007
    print(f"seed {seed}", file=sys.stderr, flush=True)
    kills: Counter[str] = Counter()
    events: Counter[str] = Counter()
    broken: list[str] = []
    for outcome in carry_out(seed, arguments.count):
        kills[outcome.what] += outcome.kills
        events.update(outcome.events)
        broken += outcome.broken
        for promise in outcome.broken:
            print(promise, file=sys.stderr, flush=True)
    by_kind = dict(sorted(kills.items()))
    if arguments.json:
        figures = {"seed": seed, "kills": kills.total(), **events, "broken": broken, "hit": by_kind}
        json.dump(figures, sys.stdout, indent=1)
        print()
    else:
        totals = {f"events {name}": number for name, number in events.items()}
        for label, number in (by_kind | {"kills": kills.total(), **totals, "promises broken": len(broken)}).items():
            print(f"{label:40}{number:>8}")
    return 1 if broken else 0
