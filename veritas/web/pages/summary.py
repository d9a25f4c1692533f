"""The summary of an audit for a browser without scripts: the result, the phases and the findings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from veritas.archive.integrity import describe_fault, find_fault
from veritas.events.json import as_text
from veritas.projections.findings import by_severity, severity_of
from veritas.replay.state_at import state_at
from veritas.report.chips import Chip, severity_chip
from veritas.report.notes import notes_of
from veritas.report.phases import phases_of
from veritas.report.run import ReportedRun
from veritas.report.verdict import heading_of, narrative_of
from veritas.web.pages.html import html
from veritas.web.site import Site
from veritas.web.threads import run_in_thread


class ListedFinding(NamedTuple):
    """A finding in the page."""

    severity: Chip
    title: str | None
    detail: str | None


def route(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers for the page."""

    async def summary(request: Request) -> Response:
        return await run_in_thread(page, site, request.path_params["id"])

    return summary


def page(site: Site, audit: str) -> Response:
    """Return the page of an audit.

    Raises:
        UnknownAudit: There is no such audit.
    """
    run_id = site.resolve(audit)
    fault = find_fault(site.archive, run_id)
    run = ReportedRun(state_at(site.archive, run_id).state)
    return html(
        "summary.html",
        site=site,
        kicker="Summary of",
        heading=heading_of(run),
        fault=None if fault is None else describe_fault(fault),
        notes=notes_of(run.state),
        narrative=narrative_of(run),
        phases=phases_of(run),
        findings=[*map(_listed, by_severity(run.state.findings))],
    )


def _listed(finding: Mapping[str, object]) -> ListedFinding:
    title = as_text(finding.get("title")) or as_text(finding.get("kind"))
    return ListedFinding(severity_chip(severity_of(finding)), title, as_text(finding.get("detail")))
