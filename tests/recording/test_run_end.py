"""However a run ends, it leaves no process, socket or temporary file."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import wait_until
from tests.recording.live_audit import LiveAudit
from veritas.cli.demo.server import ShopAddresses, serve_shops

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
    audit = LiveAudit(shops.crooked, temporary, tmp_path / "log.db", mode)
    audit.wait_for_page()
    assert audit.left
    audit.signal(target, number)
    audit.wait()
    wait_until(lambda: not audit.left)


def test_a_browser_that_hangs_ends_with_its_run(shops: ShopAddresses, temporary: Path, tmp_path: Path) -> None:
    """It is in no process group of the run, and does not see that its driver has ended."""
    audit = LiveAudit(shops.crooked, temporary, tmp_path / "log.db", "validate")
    audit.wait_for_page()
    audit.signal("browser", signal.SIGSTOP)
    audit.signal("child", signal.SIGKILL)
    audit.wait()
    assert not audit.left


def test_the_next_run_removes_what_processes_left_that_were_all_killed(
    shops: ShopAddresses, temporary: Path, tmp_path: Path
) -> None:
    audit = LiveAudit(shops.crooked, temporary, tmp_path / "log.db", "queue")
    audit.wait_for_page()
    audit.signal_all(("parent", "child", "manager", "driver"), signal.SIGKILL)
    audit.wait()
    assert audit.left
    audit.run_next()
    assert not audit.left
