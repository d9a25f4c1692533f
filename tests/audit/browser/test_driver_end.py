"""When Playwright's driver is killed, asyncio does not report what each waiting call reports already."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import playwright
import pytest

from veritas.audit.browser.driver_end import _MESSAGE, expect_driver_end


@pytest.mark.parametrize(("message", "reported"), [(_MESSAGE, False), ("another", True)])
async def test_only_the_drivers_end_is_ignored(caplog: pytest.LogCaptureFixture, message: str, reported: bool) -> None:
    """An error that is not awaited is reported when its future is collected."""
    expect_driver_end()
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_exception(Exception(message))
    del future
    gc.collect()
    assert ("never retrieved" in caplog.text) == reported


def test_it_is_the_error_that_playwright_sets() -> None:
    """The installed version of Playwright is searched for it."""
    assert _MESSAGE in Path(playwright.__file__).with_name("_impl").joinpath("transport.py").read_text("utf-8")
