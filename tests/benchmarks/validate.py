"""How often a rerun calls a noisy site equal over both transports, and how often it finds a faulty queue.

`python -m tests.benchmarks validate [--count N] [--seed N]`: N validations of a program that audits a shop with random
prices and rotating banners, and N with each of the four faults planted in its queue.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from tests.nondeterministic.site import serve_nondeterministic_site
from tests.nondeterministic.validating import FAULTS, validate
from veritas.archive.archive import Archive

_ALLOWED = 20  # one in so many may be called different though nothing is wrong


def main(argv: list[str]) -> int:
    """Validate, and print the counts; the status is 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(prog="validate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=20, metavar="N", help="of each kind (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="of the site's moods")
    options = parser.parse_args(argv)
    print(f"seed {options.seed}, {options.count} of each", flush=True)
    holds = True
    with (
        tempfile.TemporaryDirectory() as directory,
        serve_nondeterministic_site(options.seed) as url,
        Archive.open(Path(directory) / "log.db") as archive,
    ):
        for fault in ("none", *FAULTS):
            started = time.perf_counter()
            made = [validate(archive, url, fault) for _ in range(options.count)]
            took = (time.perf_counter() - started) / options.count
            runs = sum(len(each.runs) for each in made) / options.count
            wrong = sum(each.equal != (fault == "none") for each in made)
            verdict = f"{'equal' if fault == 'none' else 'different':10}{options.count - wrong:4} of {options.count}"
            print(f"{fault:8}{verdict}; {runs:.1f} runs, {took:.1f} s each", flush=True)
            holds = holds and wrong <= (options.count // _ALLOWED if fault == "none" else 0)
    return 0 if holds else 1
