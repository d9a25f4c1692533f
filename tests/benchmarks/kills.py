"""Kills at random moments, and how many of the design's promises they broke.

Each kill ends the child, the manager or the recorder of a real run somewhere in its first seconds. The seed is printed;
the same seed draws the same kills, though not to the same instruction.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path

from tests.faults.random_kill import Kill
from tests.faults.running import Result

AT_ONCE = 3


def main(argv: list[str]) -> int:
    """Kill, and print a table, or with --json the figures; the status is 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="kills", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--count", type=int, default=300, metavar="N", help="how many kills (default: 300)")
    parser.add_argument("--seed", type=int, help="draw the same kills again")
    arguments = parser.parse_args(argv)
    seed = arguments.seed if arguments.seed is not None else time.time_ns() % 1_000_000_007
    print(f"seed {seed}", file=sys.stderr, flush=True)
    hit: Counter[str] = Counter()
    confirmed = recorded = 0
    broken: list[str] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number, kill, result in islice(kills(pool, seed), arguments.count):
            hit[f"{kill.signal.name} of the {kill.whom}, {kill.mode}"] += 1
            confirmed += result.account.confirmed
            recorded += len(result.recorded)
            for promise in kill.broken_promises(result):
                broken.append(f"{seed}.{number} {kill}: {promise}")
                print(broken[-1], file=sys.stderr, flush=True)
        pool.shutdown(cancel_futures=True)
    figures = {
        "seed": seed,
        "kills": hit.total(),
        "confirmed": confirmed,
        "recorded": recorded,
        "broken": broken,
        "hit": dict(sorted(hit.items())),
    }
    if arguments.json:
        json.dump(figures, sys.stdout, indent=1)
        print()
    else:
        for what, times in sorted(hit.items()):
            print(f"{what:40}{times:>6}")
        print(f"{'kills':40}{hit.total():>6}")
        print(f"{'events that were confirmed':40}{confirmed:>6}")
        print(f"{'events in the logs':40}{recorded:>6}")
        print(f"{'promises broken':40}{len(broken):>6}")
    return 1 if broken else 0


def kills(pool: ThreadPoolExecutor, seed: int) -> Iterator[tuple[int, Kill, Result]]:
    """Yield kills that hit somebody, with what came of them, a few carried out at once."""
    numbers = count()
    while True:
        drawn = [(number, Kill.draw(random.Random(f"{seed}.{number}"))) for number in islice(numbers, AT_ONCE)]
        for (number, kill), result in zip(drawn, pool.map(carry_out, (kill for _, kill in drawn)), strict=True):
            if result is not None:
                yield number, kill, result


def carry_out(kill: Kill) -> Result | None:
    """Carry out one kill in a directory that goes with it."""
    with tempfile.TemporaryDirectory() as directory:
        return kill.carry_out(Path(directory))
