"""The end of Playwright's driver: keep asyncio from reporting it, because each call that waits for it does."""

from __future__ import annotations

import asyncio
from typing import Any

_MESSAGE = "Connection closed while reading from the driver"


def expect_driver_end() -> None:
    """Make the running event loop ignore the error that Playwright sets, and does not await, when its driver is killed.

    Each call that waits for the driver fails as well, and its error is reported. Without this, asyncio writes a
    traceback to stderr too ("Future exception was never retrieved").
    """
    asyncio.get_running_loop().set_exception_handler(_handle)


def _handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if str(context.get("exception")) != _MESSAGE:
        loop.default_exception_handler(context)
