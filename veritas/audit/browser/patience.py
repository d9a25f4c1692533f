"""Waiting for a browser that may answer late, never, or be gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, TypeVar

from playwright.async_api import Error as PlaywrightError

from veritas.audit.net_errors import first_line
from veritas.errors import PageError

STEP_TIMEOUT = 10.0

_CLOSE_TIMEOUT = 5.0

_T = TypeVar("_T")


async def bounded(awaitable: Awaitable[_T], fault: str, timeout: float = STEP_TIMEOUT) -> _T:
    """Await *awaitable* for *timeout* seconds at most; PageError, beginning with *fault*, where it fails."""
    try:
        async with asyncio.timeout(timeout):
            return await awaitable
    except TimeoutError as error:
        raise PageError(f"{fault}: no answer within {timeout:g} s.") from error
    except (PlaywrightError, PageError) as error:
        raise PageError(f"{fault}: {first_line(error)}.") from error


async def quietly(awaitable: Awaitable[Any]) -> None:
    """End something that may be gone already, or never answer."""
    with suppress(PlaywrightError, TimeoutError):
        async with asyncio.timeout(_CLOSE_TIMEOUT):
            await awaitable
