"""Give a target files that were changed at random, and keep each one with which something did not hold."""

from __future__ import annotations

import hashlib
import random
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fuzzing.bundle import BundleContentTarget, BundleTarget
from tests.fuzzing.capture import IngestTarget
from tests.fuzzing.log import LogTarget
from tests.fuzzing.mutation import mutated
from tests.fuzzing.notes import NoteTarget
from tests.fuzzing.target import Target

TARGETS: dict[str, type[Target]] = {
    target.name: target for target in (BundleTarget, BundleContentTarget, IngestTarget, LogTarget, NoteTarget)
}
FOUND = Path(__file__).parent / "found"  # files with which something did not hold once, by target


@dataclass(frozen=True)
class Failure:
    """A file with which something did not hold.

    Attributes:
        target: The target's name.
        data: The file's content.
        reason: What did not hold.
    """

    target: str
    data: bytes
    reason: str

    def keep(self) -> Path:
        """Write the content among those that the tests try every time, and return the file."""
        file = FOUND / self.target / hashlib.sha256(self.data).hexdigest()[:16]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.data)
        return file


@contextmanager
def target_in_place(name: str) -> Iterator[Target]:
    """Give a target in a temporary directory."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as directory:
        yield TARGETS[name](Path(directory).resolve())


def failure_of(target: Target, data: bytes) -> Failure | None:
    """Give a target a file; return what did not hold."""
    try:
        target.run(data)
    except Exception as error:  # also one that the command line did not catch
        return Failure(target.name, data, str(error) or traceback.format_exc())
    return None


def fuzz(target: Target, seed: int, *, goes_on: Callable[[int], bool]) -> Iterator[Failure | None]:
    """Yield the result for each seed in any order, and then for changed ones, as long as *goes_on* of their number."""
    seeds = list(target.seeds().values())
    kept = FOUND / target.name
    seeds += [file.read_bytes() for file in sorted(kept.iterdir())] if kept.exists() else []
    randomness = random.Random(seed)
    randomness.shuffle(seeds)
    for number, data in enumerate(seeds):
        if not goes_on(number):
            return
        yield failure_of(target, data)
    number = len(seeds)
    while goes_on(number):
        yield failure_of(target, mutated(randomness.choice(seeds), randomness, seeds))
        number += 1


def for_seconds(seconds: float) -> Callable[[int], bool]:
    """Return a condition that holds until this process has used so much more processor time."""
    end = time.process_time() + seconds
    return lambda number: time.process_time() < end
