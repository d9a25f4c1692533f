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
        pytest.param("driver", signal.SIGKILL, "stdout", marks=pytest.mark.slow),
        pytest.param("manager", signal.SIGKILL, "queue", marks=pytest.mark.slow),
    ],
)
def test_nothing_is_left_of_an_audit(
    shops: ShopAddresses, temporary: Path, tmp_path: Path, target: str, number: signal.Signals, mode: str
) -> None:
    """A signal ends it while its browser shows a page; the browser's driver does not always clean up then."""
    parent, started = start_audit(shops, temporary, tmp_path, mode)
    os.kill(find(target, parent.pid), number)
    parent.wait(60)
    wait_until(lambda: not [process for process in started if process.lives])
    wait_until(lambda: not list(temporary.iterdir()))


def test_a_browser_that_hangs_ends_with_its_run(shops: ShopAddresses, temporary: Path, tmp_path: Path) -> None:
    """It is in no process group of the run, and does not see that its driver has ended."""
    parent, started = start_audit(shops, temporary, tmp_path, "validate")
    os.kill(find("browser", parent.pid), signal.SIGSTOP)
    os.kill(find("child", parent.pid), signal.SIGKILL)
    parent.wait(60)
    wait_until(lambda: not [process for process in started if process.lives])
    assert not list(temporary.iterdir())


def test_the_next_run_removes_what_processes_left_that_were_all_killed(
    shops: ShopAddresses, temporary: Path, tmp_path: Path
) -> None:
    parent, started = start_audit(shops, temporary, tmp_path, "queue")
    for pid in (parent.pid, find("child", parent.pid), find("manager", parent.pid), find("driver", parent.pid)):
        os.kill(pid, signal.SIGKILL)
    parent.wait(60)
    wait_until(lambda: not [process for process in started if process.lives])
    assert list(temporary.iterdir())
    following = [
        sys.executable,
        "-m",
        "veritas",
        "--db",
        str(tmp_path / "log.db"),
        "record",
        "--use-stdout",
        "--",
        "true",
    ]
    subprocess.run(following, env=child_environment(TMPDIR=str(temporary)), capture_output=True, check=True)
    assert not list(temporary.iterdir())


def start_audit(
    shops: ShopAddresses, temporary: Path, tmp_path: Path, mode: str
) -> tuple[subprocess.Popen[bytes], list[Process]]:
    """Start an audit whose temporary files go to *temporary*; return it and its processes when it shows a page."""
    veritas = [sys.executable, "-m", "veritas", "--db", str(tmp_path / "log.db"), "audit", shops.crooked]
    parent = subprocess.Popen(
        [*veritas, "--tier", "deep_forensic"],
        env=child_environment(TMPDIR=str(temporary), QUEUE_IPC_MODE=mode),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: _of(parent.pid, "--type=renderer"))
    assert list(temporary.iterdir())
    return parent, descendants(parent.pid)


def find(target: str, parent: int) -> int:
    """Return the id of a process of the audit that *parent* records."""
    if target == "parent":
        return parent
    marks = {
        "child": "veritas.recording.child",
        "browser": "--headless",
        "driver": "run-driver",
        "manager": "multiprocessing.spawn",
    }
    found = _of(parent, marks[target])
    assert found, f"the {target} was not found"  # a signal to process 0 would reach the tests themselves
    return found


def _of(pid: int, mark: str) -> int:
    """Return the first descendant of *pid* with *mark* in its command line; 0 if there is none."""
    processes: list[Process] = [process for process in descendants(pid) if mark in process.line]
    return processes[0].pid if processes else 0
