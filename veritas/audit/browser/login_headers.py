"""The headers of a login, added to the browser's requests of the audited origin alone.

Playwright's own ways are not used: `extra_http_headers` sends them to every host, and a route also sends them to the
host that a redirect leads to, and turns off the cache. CDP's Fetch, on the session of the whole browser, stops each
request of the origin, in every tab, frame and worker; each step of a redirect counts as a request of its own. Requests
of other hosts are not stopped, and take no longer. It does not see WebSockets, so those get no header.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from veritas.audit.login import Login


async def add_login_headers(session: CDPSession, login: Login) -> None:
    """Make the browser send the headers of *login*; *session* is a session with the browser, not with a page."""
    if not login.headers:
        return
    waiting: set[asyncio.Task[None]] = set()

    async def send_on(event: dict[str, Any]) -> None:
        request, added = event["request"], login.headers_for(event["request"]["url"])
        names = {name.lower() for name, _ in added}
        kept = ((name, value) for name, value in request["headers"].items() if name.lower() not in names)
        headers = [{"name": name, "value": value} for name, value in (*kept, *added)]
        with suppress(PlaywrightError):  # the request was cancelled, or the browser has ended
            await session.send("Fetch.continueRequest", {"requestId": event["requestId"], "headers": headers})

    def on_paused(event: dict[str, Any]) -> None:
        task = asyncio.ensure_future(send_on(event))
        waiting.add(task)  # asyncio itself keeps no reference to a task
        task.add_done_callback(waiting.discard)

    session.on("Fetch.requestPaused", on_paused)
    patterns = [{"urlPattern": f"{_escaped(origin)}/*"} for origin in login.origins]
    await session.send("Fetch.enable", {"patterns": patterns})


def _escaped(origin: str) -> str:
    r"""Return *origin* as a pattern that matches only it: `*`, `?` and `\` have meanings."""
    return "".join(f"\\{sign}" if sign in "*?\\" else sign for sign in origin)
