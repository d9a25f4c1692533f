"""The check before every request that the log's file is in its place: SQLite goes on reading one that was deleted."""

from __future__ import annotations

import threading

from starlette.types import ASGIApp, Receive, Scope, Send

from store.errors import DatabaseLost
from veritas.web.security.guard import needs_session
from veritas.web.site import Site
from veritas.web.threads import run_in_thread


class LogCheck:
    """Refuses requests while the log's file is missing; if another log is in its place, the server goes on with that.

    Clients that watch an audit at that moment have to connect again.
    """

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site
        self._is_open = True
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises:
            store.errors.StoreError: The log is not there.
        """
        if scope["type"] != "lifespan" and needs_session(scope["path"]):
            await run_in_thread(self._require)
        await self._app(scope, receive, send)

    def _require(self) -> None:
        log = self._site.archive.log
        with self._lock:
            if self._is_open:
                try:
                    log.require_present()
                    return
                except DatabaseLost as error:
                    self._is_open = False
                    self._site.streams.cut(error)
            log.reopen()
            self._site.forget()  # not earlier: a request that goes on could keep what it reads from the old log
            self._is_open = True
