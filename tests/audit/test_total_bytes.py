"""What a whole audit receives has a limit, and after that it receives nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.audit.conftest import Site
from tests.browsers import open_local_guard
from tests.processes import until
from veritas.audit.browser.http_get import http_get
from veritas.audit.limits import DEFAULT_LIMITS, LimitReached
from veritas.audit.total_bytes import limited_bytes
from veritas.errors import PageError


async def test_an_audit_receives_nothing_after_its_limit(site: Site) -> None:
    """The event says so, and every later request fails for that reason."""
    limits, reached = replace(DEFAULT_LIMITS, bytes=100_000), list[LimitReached]()
    url = site.page("/", b"x" * 150_000)
    async with (
        open_local_guard() as guard,
        limited_bytes(guard, limits, url=url, pages=1, on_limit=reached.append),
    ):
        await http_get(url, headers={}, timeout=30, guard=guard)
        assert not reached
        await http_get(url, headers={}, timeout=30, guard=guard)
        await until(lambda: reached)
        with pytest.raises(PageError, match=r"the audit's limit of 300 KB was reached"):
            await http_get(url, headers={}, timeout=30, guard=guard)
    assert [(limit.name, limit.limit, limit.url) for limit in reached] == [("bytes", 300_000, url)]
