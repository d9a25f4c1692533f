"""A browser ends when the process that opened it ends, for whatever reason."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.audit.conftest import Site
from tests.processes import Process, descendants
from veritas.config import child_environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")

VISIT = """
import asyncio, signal, sys
from veritas.audit.browser import open_browser

signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored if the tests run in the background

async def visit(url):
    async with open_browser() as browser, await browser.visit(url) as tab:
        print("visited", flush=True)
        await tab.page.wait_for_event("close", timeout=0)

asyncio.run(visit(sys.argv[1]))
"""
LIMIT = 20.0


def start_visit(url: str, folder: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a process that visits *url* in a browser and does not exit; its temporary files go to *folder*."""
    return subprocess.Popen(
        [sys.executable, "-c", VISIT, url],
        stdout=subprocess.PIPE,
        text=True,
        env={**(environment or child_environment()), "TMPDIR": str(folder)},
        start_new_session=True,
    )


def wait_until_gone(processes: Iterable[Process]) -> None:
    """Wait until all *processes* have ended."""
    deadline = time.monotonic() + LIMIT
    running = list(processes)
    while running := [process for process in running if process.lives]:
        assert time.monotonic() < deadline, f"still running: {running}"
        time.sleep(0.05)


@pytest.mark.parametrize("signal_sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_visit_leaves_nothing(site: Site, temporary: Path, signal_sent: signal.Signals) -> None:
    """No process of Chromium or of its driver remains, even after `kill -9`; after other signals no profile remains.

    After `kill -9` the driver removes the profile while Chromium may still write to it, so it sometimes remains in the
    process's temporary directory, which is removed at the end of the run if the process is an audit's child.
    """
    child = start_visit(site.page("/", "A page"), temporary)
    assert child.stdout and child.stdout.readline() == "visited\n"
    started = descendants(child.pid)
    assert any("--type=renderer" in process.line for process in started)
    child.send_signal(signal_sent)
    child.communicate(timeout=LIMIT)
    wait_until_gone(started)
    if signal_sent != signal.SIGKILL:
        assert not list(temporary.glob("playwright_chromiumdev_profile-*"))


def test_a_browser_writes_nothing_to_the_users_home(site: Site, temporary: Path) -> None:
    """Neither crash reports nor desktop settings are written where the user's own Chromium keeps its own."""
    home = temporary / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    child = start_visit(site.page("/", "A page"), temporary, environment | {"HOME": str(home)})
    assert child.stdout and child.stdout.readline() == "visited\n"
    started = descendants(child.pid)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=LIMIT)
    wait_until_gone(started)
    assert list(home.rglob("*")) == []
    assert list(temporary.iterdir()) == [home]


def test_a_visit_killed_while_it_loads_leaves_nothing(site: Site, temporary: Path) -> None:
    """This holds even if the page keeps its tab busy."""
    arrived = site.page("/", "<script>fetch('/arrived').then(() => { while (true); })</script>")
    child = start_visit(arrived, temporary)
    deadline = time.monotonic() + LIMIT
    while not any(path == "/arrived" for _, path, _ in site.requests):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    started = descendants(child.pid)
    child.kill()
    child.communicate(timeout=LIMIT)
    wait_until_gone(started)
