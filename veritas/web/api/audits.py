"""Audits: start one, its status, the history, and the comparison of two."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec

from store.log import RunOrder
from veritas.archive.liveness import count_runs, list_runs
from veritas.archive.run_json import run_fields
from veritas.archive.run_search import run_filter
from veritas.config import DEFAULT_TIER
from veritas.diff import Rules
from veritas.diff.run_comparison import compare_runs
from veritas.replay.state_at import ShownState, shown_state, state_at
from veritas.web.site import Site

MOST_ROWS = 500  # of a page
_ASCENDING = ("score", "url")
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Rows = Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS)]
Status = Literal["requested", "running", "completed", "failed", "interrupted", "abandoned"]


class StartRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An audit to start.

    Attributes:
        url: A full http:// or https:// URL.
        tier: The tier's name.
        tags: Tags of the audit.
    """

    url: str
    tier: str = DEFAULT_TIER
    tags: list[str] = []


class StartAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An audit that has been started, and whose request is recorded.

    Attributes:
        audit_id: The audit.
        run_id: Its run.
        status: Its status.
        ws_url: The path of its stream.
    """

    audit_id: str
    run_id: str
    status: Status
    ws_url: str


def start_audit(site: Site, request: StartRequest) -> StartAnswer:
    """Start an audit in a process of its own, as `veritas audit` does; it is answered once its request is recorded."""
    run_id = site.require_actions().start_audit(request.url, request.tier, request.tags)
    audit_id = run_id.rpartition(".")[0]
    return StartAnswer(
        audit_id=audit_id, run_id=run_id, status="requested", ws_url=f"/api/audit/stream/{quote(audit_id, safe='')}"
    )


class AuditRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An audit.

    Attributes:
        id: Any unique beginning of an audit's or a run's id, `latest`, or `latest:URL`.
    """

    id: str


def audit_status(site: Site, request: AuditRequest) -> ShownState:
    """Return the state of an audit now, as `veritas show --json` prints it."""
    return shown_state(site.archive, state_at(site.archive, site.resolve(request.id)))


class HistoryRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which runs to list; they must match all that is given, as for `veritas list`.

    Attributes:
        url: Only this page, or all pages of a host that is given without a scheme.
        status: Only these statuses.
        tag: Only audits with all of these tags.
        finding: Only audits with findings of all of these kinds.
        risk: Only these risk levels, each alone or as `>=LEVEL`.
        batch: Only this batch: a beginning of its id, or `latest`.
        since: Only audits requested at this time or later.
        until: Only audits requested before this time.
        sort: What to sort by.
        reverse: Whether the order is reversed.
        limit: The number of runs.
        offset: How many runs to leave out before the first.
    """

    url: str | None = None
    status: list[Status] = []
    tag: list[str] = []
    finding: list[str] = []
    risk: list[str] = []
    batch: str | None = None
    since: Instant | None = None
    until: Instant | None = None
    sort: Literal["started", "score", "findings", "duration", "url"] = "started"
    reverse: bool = False
    limit: Rows = 50
    offset: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 0


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the history.

    Attributes:
        audits: The runs, each as `veritas list --format json` prints it.
        total: How many runs match.
        limit: The number of runs of a page.
        offset: How many runs come before the first of this page.
        position: The last position of the log before this was read.
    """

    audits: list[dict[str, Any]]
    total: int
    limit: int
    offset: int
    position: int


def audit_history(site: Site, request: HistoryRequest) -> History:
    """List the runs of audits, the newest first, as `veritas list` does."""
    archive = site.archive
    position = archive.log.head()
    wanted = run_filter(
        archive,
        url=request.url,
        statuses=request.status,
        tags=request.tag,
        kinds=request.finding,
        risks=request.risk,
        batch=request.batch,
        since=request.since.timestamp() if request.since else None,
        until=request.until.timestamp() if request.until else None,
    )
    order = RunOrder(request.sort, descending=(request.sort not in _ASCENDING) != request.reverse)
    rows = list_runs(archive, wanted, order=order, limit=request.limit, offset=request.offset)
    imported, archived = archive.provenance(), archive.archivals(row.run_id for row in rows)
    return History(
        audits=[run_fields(row, imported, archived) for row in rows],
        total=count_runs(archive, wanted),
        limit=request.limit,
        offset=request.offset,
        position=position,
    )


class CompareRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Two audits to compare.

    Attributes:
        audit_ids: The two, each as for `GET /api/audit/{id}/status`.
        ignore: Paths of differences that do not count.
        only: Paths of the only differences that count.
        tolerances: How far numbers may differ, each as `PATH=±N` or `PATH=±N%`.
        defaults: Whether what differs in every run, such as times and ports, does not count.
    """

    audit_ids: Annotated[list[str], msgspec.Meta(min_length=2, max_length=2)]
    ignore: list[str] = []
    only: list[str] = []
    tolerances: list[str] = []
    defaults: bool = True


def compare_audits(site: Site, request: CompareRequest) -> dict[str, Any]:
    """Compare two audits, as `veritas diff A B --format json` does."""
    a, b = (site.resolve(audit) for audit in request.audit_ids)
    rules = Rules.of(ignore=request.ignore, only=request.only, tolerances=request.tolerances, defaults=request.defaults)
    return compare_runs(site.archive, a, b, rules).as_dict()
