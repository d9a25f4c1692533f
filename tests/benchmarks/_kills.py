"""What the benchmarks that kill have in common: their arguments, and what they print of what came of it."""

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
    """What came of one kill, or of several of a kind.

    Attributes:
        what: What was killed.
        kills: How many there were.
        events: How many events there were, by what had become of them.
        broken: The promises that were broken, in sentences that say at which kill.
    """

    what: str
    kills: int
    events: dict[str, int]
    broken: list[str]


def tell_kills(
    argv: list[str], *, prog: str, about: str, count: int, carry_out: Callable[[int, int], Iterator[Outcome]]
) -> int:
    """Kill, and print a table, or with --json the figures.

    Args:
        argv: The program's arguments.
        prog: Its name.
        about: What it does.
        count: How often it kills unless it is told.
        carry_out: Carries out the kills, given a seed and how many.

    Returns:
        The exit status, 1 where a promise was broken.
    """
    parser = argparse.ArgumentParser(prog=prog, description=about)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--count", type=int, default=count, metavar="N", help="how many kills (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="draw the same kills again")
    arguments = parser.parse_args(argv)
    seed = arguments.seed if arguments.seed is not None else time.time_ns() % 1_000_000_007
    print(f"seed {seed}", file=sys.stderr, flush=True)
    hit: Counter[str] = Counter()
    events: Counter[str] = Counter()
    broken: list[str] = []
    for outcome in carry_out(seed, arguments.count):
        hit[outcome.what] += outcome.kills
        events.update(outcome.events)
        broken += outcome.broken
        for promise in outcome.broken:
            print(promise, file=sys.stderr, flush=True)
    counted = dict(sorted(hit.items()))
    if arguments.json:
        figures = {"seed": seed, "kills": hit.total(), **events, "broken": broken, "hit": counted}
        json.dump(figures, sys.stdout, indent=1)
        print()
    else:
        named = {f"events {name}": number for name, number in events.items()}
        for what, number in (counted | {"kills": hit.total(), **named, "promises broken": len(broken)}).items():
            print(f"{what:40}{number:>8}")
    return 1 if broken else 0
