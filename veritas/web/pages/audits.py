"""The page *Audits*: search, filters, and a row for each run, which is kept current."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from veritas.audit.phase import TIERS
from veritas.audit.verdict import INCONCLUSIVE, RISK_LEVELS, UNKNOWN_RISK
from veritas.web.api.audits import HistoryRequest, audit_history
from veritas.web.pages.html import html
from veritas.web.problem import Problem
from veritas.web.routes import ENDPOINTS
from veritas.web.site import Site

_HISTORY = next(endpoint for endpoint in ENDPOINTS if endpoint.handler is audit_history)
STATUSES = ("requested", "running", "completed", "failed", "interrupted", "abandoned")
SORTS = ("started", "score", "findings", "duration", "url")


def route(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers for the page."""

    async def audits(request: Request) -> Response:
        given = {name: request.query_params.getlist(name) for name in request.query_params}
        return await run_in_threadpool(page, site, given)

    return audits


def page(site: Site, given: Mapping[str, list[str]]) -> Response:
    """Return the page for the values of its form; what was left empty is not a filter.

    Raises:
        Problem: A value is invalid.
        UsageError: There is no such risk level or batch.
    """
    arrays = ("status", "tag", "finding", "risk")
    filled = {name: [value for value in values if value] for name, values in given.items()}
    values: dict[str, Any] = {name: each if name in arrays else each[-1] for name, each in filled.items() if each}
    request = _HISTORY.read(values)
    if not isinstance(request, HistoryRequest):
        raise Problem(400, "The filter is invalid.")
    history = audit_history(site, request)

    def address(offset: int) -> str:
        return "/?" + urlencode({**values, "offset": offset}, doseq=True)

    following = history.offset + history.limit
    return html(
        "audits.html",
        site=site,
        filter=msgspec.structs.asdict(request),
        query=urlencode(values, doseq=True),
        history=history,
        statuses=STATUSES,
        sorts=SORTS,
        risks=[*(level for level, _ in RISK_LEVELS), INCONCLUSIVE, UNKNOWN_RISK],
        tiers=list(TIERS),
        previous=address(max(history.offset - history.limit, 0)) if history.offset else None,
        next=address(following) if following < history.total else None,
    )
