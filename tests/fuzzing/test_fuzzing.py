"""No file that anyone may have written makes a command fail in any way but one sentence; see `tests.fuzzing.target`.

`python -m tests.benchmarks fuzz --target NAME --seconds 3600` goes on for as long as is wanted.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzzing.harness import FOUND, TARGETS, failure_of, fuzz, target_in_place

_TRIES = 24  # files for each target


@pytest.mark.parametrize("name", TARGETS)
def test_a_file_changed_at_random_is_refused_in_one_sentence(name: str) -> None:
    """So is a file that an attacker would make."""
    with target_in_place(name) as target:
        failures = [failure for failure in fuzz(target, 1, goes_on=lambda number: number < _TRIES) if failure]
    assert [failure.reason for failure in failures] == []


@pytest.mark.parametrize("file", sorted(FOUND.glob("*/*")), ids=lambda file: f"{file.parent.name}-{file.name}")
def test_a_file_that_was_a_fault_once_is_none_now(file: Path) -> None:
    with target_in_place(file.parent.name) as target:
        assert failure_of(target, file.read_bytes()) is None
