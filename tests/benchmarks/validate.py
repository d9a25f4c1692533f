"""The accuracy of validations by rerun: whether a non-deterministic site counts as equal, and a faulty queue is found.

`python -m tests.benchmarks validate [--count N] [--seed N]`: N validations of a program that audits a shop with random
prices and rotating banners, and N for each of the four faults of the queue.
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

_ALLOWED = 20  # one in so many may be reported as different although the queue is sound


def main(argv: list[str]) -> int:
    """Carry out the validations, and print the counts; the exit status is 1 if too many results are wrong."""
    parser = argparse.ArgumentParser(prog="validate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=20, metavar="N", help="of each kind (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(2**32), help="the seed of the site's random prices and banners"
    )
    options = parser.parse_args(argv)
    print(f"seed {options.seed}, {options.count} of each", flush=True)
    passed = True
    with (
        tempfile.TemporaryDirectory() as directory,
        serve_nondeterministic_site(options.seed) as url,
        Archive.open(Path(directory) / "log.db") as archive,
    ):
        for fault in ("none", *FAULTS):
            started = time.perf_counter()
            validations = [validate(archive, url, fault) for _ in range(options.count)]
            seconds = (time.perf_counter() - started) / options.count
            runs = sum(len(each.runs) for each in validations) / options.count
            wrong = sum(each.equal != (fault == "none") for each in validations)
            verdict = f"{'equal' if fault == 'none' else 'different':10}{options.count - wrong:4} of {options.count}"
            print(f"{fault:8}{verdict}; {runs:.1f} runs, {seconds:.1f} s each", flush=True)
            passed = passed and wrong <= (options.count // _ALLOWED if fault == "none" else 0)
    return 0 if passed else 1
