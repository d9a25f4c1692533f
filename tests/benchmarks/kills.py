"""The promises of the design that are broken when processes of a run are killed at random times.

Each kill ends the child, the manager or the recorder of a real run at some time in its first seconds. The seed is
printed; the same seed draws the same kills, but they do not hit the same instruction.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path

from tests.benchmarks._kills import Outcome, run_kills
from tests.faults.random_kill import Kill
from tests.faults.running import Result

AT_ONCE = 3  # kills


def main(argv: list[str]) -> int:
    """Carry out the kills and print the outcome; the exit status is 1 if a promise was broken."""
    about = (__doc__ or "").splitlines()[0]
    return run_kills(argv, prog="kills", about=about, count=300, carry_out=outcomes)


def outcomes(seed: int, count: int) -> Iterator[Outcome]:
    """Yield the outcomes of *count* kills."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number, kill, result in islice(kills(pool, seed), count):
            yield Outcome(
                f"{kill.signal.name} of the {kill.target}, {kill.mode}",
                kills=1,
                events={"confirmed": result.account.confirmed, "recorded": len(result.recorded)},
                broken=[f"{seed}.{number} {kill}: {promise}" for promise in kill.broken_promises(result)],
            )
        pool.shutdown(cancel_futures=True)


def kills(pool: ThreadPoolExecutor, seed: int) -> Iterator[tuple[int, Kill, Result]]:
    """Yield the kills that hit a running process, with their numbers and results; a few are carried out at once."""
    numbers = count()
    while True:
        drawn = [(number, Kill.draw(random.Random(f"{seed}.{number}"))) for number in islice(numbers, AT_ONCE)]
        for (number, kill), result in zip(drawn, pool.map(carry_out, (kill for _, kill in drawn)), strict=True):
            if result is not None:
                yield number, kill, result


def carry_out(kill: Kill) -> Result | None:
    """Carry out one kill in a temporary directory; return None if the process had ended before."""
    with tempfile.TemporaryDirectory() as directory:
        return kill.carry_out(Path(directory))
