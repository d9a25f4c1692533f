"""Threads that answer requests, for which the end of the server does not wait."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from anyio.to_thread import current_default_thread_limiter

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def run_in_thread(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return the result of a function that runs in a daemon thread.

    A library's pool would keep the process alive until a long run is read to its end. A request reads, records one
    change in one transaction, or starts a process that outlives the server, so nothing is half done if its thread ends
    with the process.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def settle(setter: Callable[[Any], None], value: object) -> None:
        if not future.done():
            setter(value)

    def run() -> None:
        setter: Callable[[Any], None]
        value: object
        try:
            setter, value = future.set_result, function(*args, **kwargs)
        except Exception as error:
            setter, value = future.set_exception, error
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it the request
            loop.call_soon_threadsafe(settle, setter, value)

    async with current_default_thread_limiter():
        threading.Thread(target=run, name="request", daemon=True).start()
        return await future
