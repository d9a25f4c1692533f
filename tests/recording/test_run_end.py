"""However a run ends, it leaves no process, socket or temporary file.

The usual run has each process and each mode once; the other cases are slow.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import Process, descendants, wait_until
from veritas.cli.demo.server import ShopAddresses, serve_shops
from veritas.config import child_environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.fixture(scope="module")
def shops() -> Iterator[ShopAddresses]:
    with serve_shops() as shops:
        yield shops


@pytest.mark.parametrize(
    ("target", "number", "mode"),
    [
        ("parent", signal.SIGKILL, "queue"),
        pytest.param("parent", signal.SIGKILL, "stdout", marks=pytest.mark.slow),
        pytest.param("parent", signal.SIGTERM, "queue", marks=pytest.mark.slow),
        ("parent", signal.SIGINT, "validate"),
        pytest.param("child", signal.SIGKILL, "queue", marks=pytest.mark.slow),
        ("child", signal.SIGKILL, "stdout"),
        pytest.param("child", signal.SIGTERM, "validate", marks=pytest.mark.slow),
        ("browser", signal.SIGKILL, "queue"),
    ],
)
def test_nothing_is_left_of_an_audit(
    shops: ShopAddresses, temporary: Path, tmp_path: Path, target: str, number: signal.Signals, mode: str
) -> None:
    """A signal ends it while its browser shows a page; the browser's driver does not always clean up then."""
    veritas = [sys.executable, "-m", "veritas", "--db", str(tmp_path / "log.db"), "audit", shops.crooked]
    parent = subprocess.Popen(
        [*veritas, "--tier", "deep_forensic"],
        env=child_environment(TMPDIR=str(temporary), QUEUE_IPC_MODE=mode),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: _of(parent.pid, "--type=renderer"))
    started = descendants(parent.pid)
    assert list(temporary.iterdir())
    targets = {
        "parent": parent.pid,
        "child": _of(parent.pid, "veritas.recording.child"),
        "browser": _of(parent.pid, "--headless"),
    }
    assert targets[target], f"the {target} was not found"  # a signal to process 0 would reach the tests themselves
    os.kill(targets[target], number)
    parent.wait(60)
    wait_until(lambda: not [process for process in started if process.lives])
    wait_until(lambda: not list(temporary.iterdir()))


def _of(pid: int, mark: str) -> int:
    """Return the first descendant of *pid* with *mark* in its command line; 0 if there is none."""
    processes: list[Process] = [process for process in descendants(pid) if mark in process.line]
    return processes[0].pid if processes else 0
