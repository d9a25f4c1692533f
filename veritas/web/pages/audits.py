"""The page *Audits*: search, filters, and a row for each run, which is kept current."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from veritas.archive.archive import Archive
from veritas.audit.phase import TIERS
from veritas.audit.verdict import INCONCLUSIVE, RISK_LEVELS, UNKNOWN_RISK
from veritas.diff.site.url import Page
from veritas.formatting import short_number, utc_time
from veritas.report.chips import Chip, risk_chip, status_chip
from veritas.web.api.audits import HistoryRequest, audit_history
from veritas.web.pages.html import html
from veritas.web.pages.related import Related, related
from veritas.web.problem import Problem
from veritas.web.routes import ENDPOINTS
from veritas.web.site import Site
from veritas.web.sparkline import Sparkline
from veritas.web.threads import run_in_thread

_HISTORY = next(endpoint for endpoint in ENDPOINTS if endpoint.handler is audit_history)
STATUSES = ("requested", "running", "completed", "failed", "interrupted", "abandoned")
SORTS = ("started", "score", "findings", "duration", "url")


class Row(NamedTuple):
    """A run in the list.

    Attributes:
        run_id: The run.
        url: The audited URL; None for a recorded command.
        started: When it was requested.
        status: Its status.
        score: Its trust score; None without one.
        scores: The scores of its site among the runs that are shown; None if there are not two, or it has none itself.
        risk: Its risk level; None without one.
        findings: How many findings it has.
        related: The pages that it leads to; None if it is not of a web page.
    """

    run_id: str
    url: str | None
    started: str | None
    status: Chip
    score: str | None
    scores: Sparkline | None
    risk: Chip | None
    findings: int
    related: Related | None


def route(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers for the page."""

    async def audits(request: Request) -> Response:
        given = {name: request.query_params.getlist(name) for name in request.query_params}
        return await run_in_thread(page, site, given)

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
        rows=rows_of(site.archive, history.audits),
        total=history.total,
        first=history.offset + 1,
        statuses=STATUSES,
        sorts=SORTS,
        risks=[*(level for level, _ in RISK_LEVELS), INCONCLUSIVE, UNKNOWN_RISK],
        tiers=list(TIERS),
        previous=address(max(history.offset - history.limit, 0)) if history.offset else None,
        next=address(following) if following < history.total else None,
    )


def rows_of(archive: Archive, runs: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the rows of runs, which are given as `veritas list --format json` prints them."""
    scores: dict[str | None, list[tuple[str, str, float]]] = {}
    for run in runs:
        if run["trust_score"] is not None and run["started_at"] is not None:
            scored = (run["started_at"], run["run_id"], run["trust_score"])
            scores.setdefault(_host(run), []).append(scored)
    return [_row(archive, run, sorted(scores.get(_host(run), ()))) for run in runs]


def _host(run: Mapping[str, Any]) -> str | None:
    page = Page.of(run["url"] or "")
    return None if page is None else page.host


def _row(archive: Archive, run: Mapping[str, Any], scored: Sequence[tuple[str, str, float]]) -> Row:
    """Return the row of a run, given the start, run and score of each run of its site, the oldest first."""
    host, score = _host(run), run["trust_score"]
    started = None if run["started_at"] is None else datetime.fromisoformat(run["started_at"]).timestamp()
    at = next((index for index, (_, run_id, _) in enumerate(scored) if run_id == run["run_id"]), None)
    return Row(
        run_id=run["run_id"],
        url=run["url"],
        started=utc_time(started),
        status=status_chip(run["status"]),
        score=None if score is None else short_number(score),
        scores=None
        if host is None or at is None or len(scored) < 2
        else Sparkline.of(host, [score for _, _, score in scored], at),
        risk=None if run["risk_level"] is None else risk_chip(run["risk_level"]),
        findings=run["findings"],
        related=related(archive, run["run_id"], run["url"], started),
    )
