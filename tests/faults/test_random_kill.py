"""A few kills at random times; `python -m tests.benchmarks kills` carries out hundreds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.random_kill import Kill

SEED = 20_261_122

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")


@pytest.mark.parametrize("number", range(6))
def test_a_kill_at_a_random_time_breaks_no_promise(number: int, tmp_path: Path) -> None:
    """The seed and the number identify the kill."""
    kill = Kill.draw(random.Random(f"{SEED}.{number}"))
    result = kill.carry_out(tmp_path)
    if result is not None:
        assert not kill.broken_promises(result), kill
