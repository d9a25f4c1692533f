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
from veritas.audit.tier import TIERS
from veritas.audit.verdict import INCONCLUSIVE, RISK_LEVELS, UNKNOWN_RISK
from veritas.formatting import short_number, utc_time
from veritas.projections.failure import OTHER
from veritas.report.chips import Chip, risk_chip, status_chip
from veritas.web.api.audits import HistoryRequest, audit_history
from veritas.web.pages.html import html
from veritas.web.pages.related import Related, Subject, related
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
        failure: The kind of cause for which it failed; None if it did not, or if the cause has no kind.
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
    failure: str | None
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
    subjects = [Subject(run["run_id"], run["url"], _seconds(run["started_at"])) for run in runs]
    scores: dict[str, list[tuple[float, str, float]]] = {}
    leads_to = related(archive, subjects)
    for run, subject, to in zip(runs, subjects, leads_to, strict=True):
        if to is not None and run["trust_score"] is not None and subject.started_at is not None:
            scores.setdefault(to.host, []).append((subject.started_at, subject.run_id, run["trust_score"]))
    return [
        _row(run, subject.started_at, to, sorted(scores.get(to.host, ())) if to else ())
        for run, subject, to in zip(runs, subjects, leads_to, strict=True)
    ]


def _seconds(time: str | None) -> float | None:
    return None if time is None else datetime.fromisoformat(time).timestamp()


def _row(
    run: Mapping[str, Any], started: float | None, to: Related | None, scored: Sequence[tuple[float, str, float]]
) -> Row:
    """Return the row of a run, given its start, where it leads, and start, run and score of each run of its site."""
    score = run["trust_score"]
    at = next((index for index, (_, run_id, _) in enumerate(scored) if run_id == run["run_id"]), None)
    return Row(
        run_id=run["run_id"],
        url=run["url"],
        started=utc_time(started),
        status=status_chip(run["status"]),
        failure=None if run["failure"] in (None, OTHER) else run["failure"].replace("_", " "),
        score=None if score is None else short_number(score),
        scores=None
        if to is None or at is None or len(scored) < 2
        else Sparkline.of(to.host, [score for _, _, score in scored], at),
        risk=None if run["risk_level"] is None else risk_chip(run["risk_level"]),
        findings=run["findings"],
        related=to,
    )
