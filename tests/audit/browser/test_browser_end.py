"""A browser ends when the process that opened it ends, for whatever reason; and the site is not blamed for its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.audit.conftest import Site
from tests.browsers import open_local_browser
from tests.processes import Process, descendants, kill
from veritas.config import child_environment
from veritas.errors import PageError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")

VISIT = """
import asyncio, signal, sys
from tests.browsers import open_local_browser

signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored if the tests run in the background

async def visit(url):
    async with open_local_browser() as browser, await browser.visit(url) as tab:
        print("visited", flush=True)
        await tab.page.wait_for_event("close", timeout=0)

asyncio.run(visit(sys.argv[1]))
"""
LIMIT = 60.0


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


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a process that does not answer cost less time than it does in an audit."""
    for name in (
        "health._PROBE_TIMEOUT",
        "navigation._PROBE_TIMEOUT",
        "navigation._STOP_TIMEOUT",
        "tab._CLOSE_TIMEOUT",
        "tab.STEP_TIMEOUT",
        "tab._PATIENCE",
    ):
        monkeypatch.setattr(f"veritas.audit.browser.{name}", 1.0)


BROWSER_LINE = re.compile(r"chrom\S* .*--remote-debugging-pipe")
ENDS = {
    "a browser that ended": (BROWSER_LINE, signal.SIGKILL, "browser", "The browser ended during the visit to "),
    "a browser that hangs": (BROWSER_LINE, signal.SIGSTOP, "browser", "The browser did not answer during the visit to"),
    "a driver that ended": (re.compile(r"/node .*run-driver"), signal.SIGKILL, "driver", "The browser's driver ended"),
    "a driver that hangs": (re.compile(r"/node .*run-driver"), signal.SIGSTOP, "driver", "driver did not answer"),
}


@pytest.mark.parametrize(("line", "number", "kind", "words"), ENDS.values(), ids=ENDS)
async def test_the_site_is_not_blamed_for(
    site: Site, short_timeouts: None, line: re.Pattern[str], number: signal.Signals, kind: str, words: str
) -> None:
    """The error has its kind and says so, both of the page that was open and of the next; a good page is no error."""
    site.hang("/image.png")
    url = site.page("/", "<img src=/image.png>")
    before = set(descendants())
    try:
        async with open_local_browser() as browser:
            started = [process for process in descendants() if process not in before]
            with pytest.raises(PageError, match=r"cannot be read: .*nowhere") as caught:
                async with await browser.visit(site.page("/good", "Good")) as tab:
                    await tab.evaluate("nowhere")
            assert caught.value.kind == "page"
            with pytest.raises(PageError, match=words) as caught:
                async with await browser.visit(site.url("/good")) as tab:
                    for process in started:
                        if line.search(process.line) and "--type=" not in process.line:
                            os.kill(process.pid, number)
                    await tab.evaluate("1")
            assert caught.value.kind == kind
            with pytest.raises(PageError) as caught:
                await browser.visit(url, timeout=1)
            assert caught.value.kind == kind
            with pytest.raises(PageError) as caught:
                await browser.cookies()
            assert caught.value.kind == kind
    finally:
        kill(process for process in descendants() if process not in before)


async def test_a_browser_that_goes_on_is_used_again(site: Site, short_timeouts: None) -> None:
    """It stopped while the machine slept, for example."""
    url = site.page("/", "Good")
    before = set(descendants())
    async with open_local_browser() as browser:
        started = [process for process in descendants() if process not in before]
        (process,) = (each for each in started if BROWSER_LINE.search(each.line) and "--type=" not in each.line)
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(PageError, match="did not answer"):
            await browser.visit(url, timeout=1)
        os.kill(process.pid, signal.SIGCONT)
        async with await browser.visit(url) as tab:
            assert tab.complete
