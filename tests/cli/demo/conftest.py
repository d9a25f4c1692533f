"""Both shops on local servers, and a real browser that visits them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.browsers import open_local_browser
from veritas.audit.browser import Browser
from veritas.cli.demo.server import ShopAddresses, serve_shops


@pytest.fixture(scope="package")
def shops() -> Iterator[ShopAddresses]:
    with serve_shops() as addresses:
        yield addresses


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def running_browser() -> AsyncIterator[Browser]:
    async with open_local_browser() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="package")
async def browser(running_browser: Browser) -> AsyncIterator[Browser]:
    """A browser that has never been to the shops."""
    async with running_browser.fresh_profile() as fresh:
        yield fresh
