"""The page *Audit*: one audit in the player, as it runs or as it was recorded.

The page itself has the result, and takes no longer for a long run than for a short one; its script reads the events.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Self

from starlette.requests import Request
from starlette.responses import Response

from veritas.archive.archive import Archive
from veritas.archive.integrity import describe_fault, find_fault
from veritas.archive.liveness import row_of
from veritas.core.mode_decision import IPC_MODE_VALIDATE
from veritas.events.recorder_events import ABANDONED, IpcFellBack, RunFinished
from veritas.formatting import duration, run_duration, short_number, utc_time
from veritas.projections.audit_state import AuditState
from veritas.projections.run_summary import RunRow
from veritas.report.chips import Chip, risk_tone, status_chip
from veritas.report.notes import notes_of
from veritas.report.verdict import verdict_words
from veritas.web.pages.addresses import bundle_url, compare_url, verify_url
from veritas.web.pages.html import html
from veritas.web.pages.related import Subject, related
from veritas.web.site import Site
from veritas.web.threads import run_in_thread


class AuditHeading(NamedTuple):
    """The top of the page.

    Attributes:
        subject: The URL or the command.
        run_id: The run.
        score: The trust score; None if it is not known.
        verdict: The risk level in words.
        tone: The tone of the risk level.
        started: When the run was requested.
        status: Its status.
        duration: How long it took.
    """

    subject: str
    run_id: str
    score: str | None
    verdict: str
    tone: str
    started: str | None
    status: Chip
    duration: str | None

    @classmethod
    def of(cls, row: RunRow) -> Self:
        """Return the heading of a run, given its row of the read model."""
        return cls(
            subject=row.url or shlex.join(json.loads(row.command or "[]")) or row.run_id,
            run_id=row.run_id,
            score=None if row.trust_score is None else short_number(row.trust_score),
            verdict=verdict_words(row.risk_level, known=row.trust_score is not None),
            tone=risk_tone(row.risk_level),
            started=utc_time(row.started_at),
            status=status_chip(row.status),
            duration=duration(run_duration(row.origin, row.started_at, row.finished_at)),
        )


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
    row = row_of(site.archive, site.resolve(audit))
    fault = find_fault(site.archive, row.run_id)
    return html(
        "audit.html",
        site=site,
        kicker="Audit of" if row.url else "Recording of",
        related=related(site.archive, [Subject(row.run_id, row.url, row.started_at)])[0],
        transports=compare_url(row.run_id) if row.configured == IPC_MODE_VALIDATE else None,
        verify=verify_url(row.run_id),
        bundle=bundle_url(row.run_id),
        heading=AuditHeading.of(row),
        fault=None if fault is None else describe_fault(fault),
        notes=_notes(site.archive, row),
        live=row.finished_at is None and row.status != ABANDONED,
    )


def _notes(archive: Archive, row: RunRow) -> list[str]:
    """Return what went wrong with a run; only two types of the recorder's events say that."""
    state = AuditState.of(archive.recorder_events(RunFinished.type, IpcFellBack.type, run_id=row.run_id))
    if row.status == ABANDONED:
        state.mark_abandoned()
    return notes_of(state)
