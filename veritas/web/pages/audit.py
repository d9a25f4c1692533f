"""The page *Audit*: one audit, as it runs or as it was recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from veritas.projections.findings import by_severity
from veritas.replay.state_at import shown_state, state_at
from veritas.web.pages.html import html
from veritas.web.site import Site


def route(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers for the page."""

    async def audit(request: Request) -> Response:
        return await run_in_threadpool(page, site, request.path_params["id"])

    return audit


def page(site: Site, audit: str) -> Response:
    """Return the page of an audit.

    Raises:
        UnknownAudit: There is no such audit.
    """
    state = shown_state(site.archive, state_at(site.archive, site.resolve(audit)))
    subject = state.url or " ".join(state.command) or state.run_id
    return html("audit.html", site=site, state=state, subject=subject, findings=by_severity(state.findings))
