"""The page *Audit*: one audit in the player, as it runs or as it was recorded.

The page itself has the result, and for a browser without scripts the phases and findings; its script reads the rest.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from veritas.archive.integrity import describe_fault, find_fault
from veritas.core.mode_decision import IPC_MODE_VALIDATE
from veritas.events.json import as_text
from veritas.events.recorder_events import ABANDONED
from veritas.projections.findings import by_severity, severity_of
from veritas.replay.state_at import state_at
from veritas.report.chips import Chip, severity_chip
from veritas.report.notes import notes_of
from veritas.report.phases import phases_of
from veritas.report.run import ReportedRun
from veritas.report.verdict import heading_of, narrative_of
from veritas.web.pages.addresses import compare_url
from veritas.web.pages.html import html
from veritas.web.pages.related import related
from veritas.web.site import Site
from veritas.web.threads import run_in_thread


class ListedFinding(NamedTuple):
    """A finding in the page."""

    severity: Chip
    title: str | None
    detail: str | None


def route(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers for the page."""

    async def audit(request: Request) -> Response:
        return await run_in_thread(page, site, request.path_params["id"])

    return audit


def page(site: Site, audit: str) -> Response:
    """Return the page of an audit.

    Raises:
        UnknownAudit: There is no such audit.
    """
    run_id = site.resolve(audit)
    fault = find_fault(site.archive, run_id)
    run = ReportedRun(state_at(site.archive, run_id).state)
    url, decision = run.state.request.url if run.state.request else None, run.state.decision
    return html(
        "audit.html",
        site=site,
        kicker="Audit of" if url else "Recording of",
        related=related(site.archive, run_id, url, run.state.started_at),
        transports=compare_url(run_id) if decision and decision.mode == IPC_MODE_VALIDATE else None,
        heading=heading_of(run),
        fault=None if fault is None else describe_fault(fault),
        notes=notes_of(run.state),
        narrative=narrative_of(run),
        phases=phases_of(run),
        findings=[*map(_listed, by_severity(run.state.findings))],
        count=sum(run.state.observations.values()),
        live=not (run.state.ended or run.state.status == ABANDONED),
    )


def _listed(finding: Mapping[str, object]) -> ListedFinding:
    title = as_text(finding.get("title")) or as_text(finding.get("kind"))
    return ListedFinding(severity_chip(severity_of(finding)), title, as_text(finding.get("detail")))
