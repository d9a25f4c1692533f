"""The default number of jobs fits this machine, and the container that the process is in."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from veritas.batch import capacity
from veritas.batch.capacity import default_jobs, free_memory


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory with the limits of a container; it has none yet."""
    monkeypatch.setattr(capacity, "_CGROUP", tmp_path)
    return tmp_path


def test_there_is_at_least_one_job_and_at_most_one_a_core(container: Path) -> None:
    assert 1 <= default_jobs() <= (psutil.cpu_count() or 1)


def test_the_memory_of_a_container_limits_the_jobs(container: Path) -> None:
    """What it has in use counts; without a limit, the machine's memory does."""
    (container / "memory.max").write_text("1500000000\n")
    (container / "memory.current").write_text("700000000\n")
    assert free_memory() == 800_000_000 and default_jobs() == 1
    (container / "memory.max").write_text("max\n")
    assert free_memory() > 800_000_000


@pytest.mark.parametrize(("quota", "cores"), [("100000 100000", 1), ("50000 100000", 1)])
def test_the_cores_of_a_container_limit_the_jobs(container: Path, quota: str, cores: int) -> None:
    (container / "cpu.max").write_text(f"{quota}\n")
    assert default_jobs() == cores
