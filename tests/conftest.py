"""A browser for whoever needs one, a tab in it, and an environment that no test inherits."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import settings
from playwright.async_api import Browser, Page, async_playwright

from veritas.audit.browser.chromium_flags import CHROMIUM_FLAGS
from veritas.audit.browser.finder import find_browser, install_browser
from veritas.errors import BrowserMissing

HERE = Path(__file__).parent
# The files that take longest, the longest first: one that began last would keep one processor busy alone.
_NAMES = (
    "docs/test_commands.py",
    "recording/test_audit_runner.py",
    "audit/browser/test_browser.py",
    "faults/test_matrix.py",
    "faults/test_database.py",
    "recording/test_run_end.py",
    "channels/test_channels.py",
    "test_quality.py",
    "cli/test_audit.py",
    "cli/test_batch.py",
    "faults/test_random_kill.py",
    "audit/patterns/test_countdown.py",
    "rollout/test_real.py",
    "cli/test_secrets.py",
    "audit/browser/test_browser_end.py",
    "audit/browser/test_warm_browser.py",
)
LONGEST = {HERE / name: rank for rank, name in enumerate(_NAMES)}

# A property states a law, not a time. `python -m tests.benchmarks matrix` tries the thorough profile's examples.
settings.register_profile("usual", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.load_profile("usual")

# The tests start hundreds of processes, and without stored bytecode each of them compiles what it imports.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What runs in the background or under `nohup` ignores these, and what the tests start and end by them would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Get a browser where there is none, before the workers start: many tests drive a real one."""
    if hasattr(session.config, "workerinput"):
        return
    try:
        find_browser()
    except BrowserMissing:
        install_browser(lambda line: print(line, flush=True))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect without the garbage collector: what is collected stays, and it would look through it many times."""
    gc.disable()
    try:
        if [Path(argument).resolve() for argument in session.config.args] == [HERE]:
            import_share(getattr(session.config, "workerinput", {}))
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def import_share(worker: Mapping[str, Any]) -> None:
    """Import this worker's share of the tests first, so that each file is compiled once, and not by every worker."""
    number, count = int(worker.get("workerid", "gw0").removeprefix("gw")), worker.get("workercount", 1)
    for file in sorted(HERE.rglob("test_*.py"))[number::count]:
        with contextlib.suppress(Exception, pytest.skip.Exception):  # the collection reports it
            importlib.import_module(".".join(file.relative_to(HERE.parent).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest files first, so that all workers end together; run the tests of pages in one event loop.

    The browser that the tests of pages share belongs to that loop.
    """
    items.sort(key=lambda item: LONGEST.get(item.path, len(LONGEST)))
    for item in items:
        if "page" in getattr(item, "fixturenames", ()) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the user's settings out of the tests, and the tests out of the user's log and keys."""
    for name in (
        "VERITAS_DB",
        "VERITAS_CONFIG",
        "VERITAS_KEY",
        "QUEUE_IPC_MODE",
        "QUEUE_IPC_ROLLOUT",
        "AUDIT_QUEUE_ADDRESS",
        "AUDIT_QUEUE_KEY",
        "VERITAS_PROXY",
        *(case(f"{kind}_proxy") for kind in ("http", "https", "all", "no") for case in (str.lower, str.upper)),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "user-data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "user-state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "user-config"))


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Give a temporary directory with a short path, as most machines have: a browser's own socket has to fit in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        yield Path(directory)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_chromium() -> AsyncIterator[Browser]:
    """Give one real browser to all tests of this process."""
    async with async_playwright() as playwright:
        program = find_browser(bundled=Path(playwright.chromium.executable_path))
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *CHROMIUM_FLAGS])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(running_chromium: Browser) -> AsyncIterator[Page]:
    """Give an empty tab of a real browser, with a new profile."""
    context = await running_chromium.new_context()
    yield await context.new_page()
    await context.close()
