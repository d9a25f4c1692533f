"""The bytes that a whole audit may receive, counted where every connection passes.

The limit of a visit is counted in its tab, which does not know what workers and WebSockets receive. This one counts it
all, so nothing that a page does goes on without end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from veritas.audit.egress.guard import Guard
from veritas.audit.limits import LimitReached, Limits, OnLimit, limit_in_words

# Of each page there are two: the scout's and the one of the vision phase. The third is for what still arrives when a
# visit is cut off, and for VERITAS's own requests. Without it a page that reaches its own limit would end the audit.
_VISITS = 3
_INTERVAL = 0.25  # seconds


@asynccontextmanager
async def limited_bytes(
    guard: Guard, limits: Limits, *, url: str, pages: int, on_limit: OnLimit
) -> AsyncIterator[None]:
    """Stop *guard* when the audit has received what three visits of each page may; *on_limit* is called then.

    Args:
        url: The audited URL.
        pages: How many pages the audit visits at most.
    """
    watching = asyncio.create_task(_watch(guard, limits.bytes * _VISITS * pages, url, on_limit))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(guard: Guard, most: int, url: str, on_limit: OnLimit) -> None:
    while guard.received <= most:
        await asyncio.sleep(_INTERVAL)
    guard.stop(f"the audit's limit of {limit_in_words('bytes', most)} was reached")
    on_limit(LimitReached(url, "bytes", most, "The audit receives nothing more."))
