"""The BatchSummary: how a batch stands, computed from its stream and from the runs of its audits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from store.log import RunFilter, RunRow
from veritas.archive.archive import Archive
from veritas.archive.liveness import is_orphaned
from veritas.audit.verdict import INCONCLUSIVE, UNKNOWN_RISK
from veritas.batch.batch import Batch
from veritas.events.json_schema import Count, Time
from veritas.events.recorder_events import ABANDONED, COMPLETED, FAILED, INTERRUPTED, RunFinished
from veritas.formatting import iso_time
from veritas.projections.audit_state import REQUESTED
from veritas.projections.phase_state import RUNNING
from veritas.projections.run_summary import runs_of

SKIPPED, WAITING = "skipped", "waiting"
STATUSES = (COMPLETED, FAILED, INTERRUPTED, ABANDONED, RUNNING, SKIPPED, WAITING)

_UNENDED = (REQUESTED, RUNNING)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_EXAMPLES = 3  # URLs of a cause
# From the worst to the best; what is not known is never good.
_RISKS = ("likely_fraudulent", "high_risk", "suspicious", UNKNOWN_RISK, INCONCLUSIVE, "probably_safe", "trusted")


class BatchedAudit(msgspec.Struct, frozen=True, kw_only=True):
    """One URL of a batch, and how its audit stands.

    Attributes:
        number: The URL's number in the batch, from 1.
        url: The URL; null if it was removed from the log.
        status: `completed`, `failed`, `interrupted`, `abandoned`, `running`, `skipped` or `waiting`.
        audit_id: The audit; null if none was requested.
        run_id: The run that counts: the completed one, or else the last; null without one.
        runs: How many runs the audit has.
        risk_level: The verdict's risk level; null if there is none.
        trust_score: The verdict's score, 0-100; null if there is none.
        findings: How many findings there are.
        duration: Seconds from the request to the end; null if it has not ended.
        reason: Why it failed or was skipped, in a sentence; null if it did not.
        kind: Where the cause of a failure is, as `veritas list` has it, or `robots_disallowed` or `robots_unknown` for
            a URL that was skipped; null without one.
    """

    number: Count
    url: str | None
    status: str
    audit_id: str | None = None
    run_id: str | None = None
    runs: Count = 0
    risk_level: str | None = None
    trust_score: float | None = None
    findings: Count = 0
    duration: float | None = None
    reason: str | None = None
    kind: str | None = None


class FailureCause(msgspec.Struct, frozen=True):
    """A cause for which URLs of a batch failed, or were skipped.

    Attributes:
        kind: Where the cause is, as a code; null if it is not known.
        cause: The sentence, without what differs from URL to URL.
        count: How many URLs.
        urls: The first of them.
    """

    kind: str | None
    cause: str
    count: Count
    urls: list[str]


class BatchJson(msgspec.Struct, frozen=True, kw_only=True):
    """A batch, as its log has it.

    Attributes:
        batch: The batch's id.
        name: What the user calls it; null without a name.
        tags: The tags of its audits.
        tier: The name of the tier.
        origin: `audit` if one process does the audits, `submit` if workers do.
        status: `running`, `completed`, `interrupted`, `failed`, or `abandoned` if its process is gone.
        error: Why the batch failed; null if it did not.
        created_at: When it was requested (RFC 3339, UTC).
        finished_at: When it ended (RFC 3339, UTC); null if it has not.
        count: How many URLs it has.
        counts: How many URLs there are of each status.
        risk_levels: How many audits have each risk level, the worst first.
        failures: Why URLs failed or were skipped, the most frequent cause first.
        audits: All URLs, the worst verdict first.
    """

    batch: str
    name: str | None
    tags: list[str]
    tier: str
    origin: str
    status: str
    error: str | None
    created_at: Time | None
    finished_at: Time | None
    count: Count
    counts: dict[str, Count]
    risk_levels: dict[str, Count]
    failures: list[FailureCause]
    audits: list[BatchedAudit]


@dataclass(frozen=True)
class BatchSummary:
    """A batch with the audits of its URLs.

    Attributes:
        batch: The batch.
        audits: The URLs in their order.
    """

    batch: Batch
    audits: list[BatchedAudit]

    @property
    def status(self) -> str:
        """`running`, `completed`, `interrupted`, `failed`, or `abandoned` if the batch's process is gone."""
        batch, counts = self.batch, self.counts
        if batch.finished is not None:
            return batch.finished.status
        if not any(counts.get(status) for status in (RUNNING, WAITING, INTERRUPTED, ABANDONED)):
            return COMPLETED
        is_gone = batch.request.origin == "audit" and batch.recorder is not None and batch.recorder.is_gone()
        return ABANDONED if is_gone else RUNNING

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many URLs there are of each status that occurs, in the order of `STATUSES`."""
        counted = Counter(audit.status for audit in self.audits)
        return {status: counted[status] for status in STATUSES if counted[status]}

    @property
    def remaining(self) -> list[int]:
        """The numbers of the URLs that a resumed batch audits: those without a completed audit.

        A URL that robots.txt disallows is not among them; one of which that was not known is.
        """
        return [
            audit.number
            for audit in self.audits
            if audit.status != COMPLETED and not (audit.status == SKIPPED and audit.kind == "robots_disallowed")
        ]

    @property
    def risk_levels(self) -> dict[str, int]:
        """How many completed audits have each risk level, the worst first."""
        counted = Counter(audit.risk_level or "unknown" for audit in self.audits if audit.status == COMPLETED)
        return {level: counted[level] for level in sorted(counted, key=_badness)}

    def worst_first(self) -> list[BatchedAudit]:
        """Return the URLs: those with a verdict from the worst to the best, and then the others by their status."""
        return sorted(self.audits, key=_order)

    def failures(self) -> list[FailureCause]:
        """Return why URLs failed or were skipped, the most frequent cause first."""
        causes: dict[tuple[str | None, str], list[str]] = {}
        for audit in self.audits:
            if audit.status in (FAILED, SKIPPED):
                cause = _QUOTED.sub("…", audit.reason or "The reason was not recorded.")
                causes.setdefault((audit.kind, cause), []).append(audit.url or f"URL {audit.number}")
        ordered = sorted(causes.items(), key=lambda item: -len(item[1]))
        return [FailureCause(kind, cause, len(urls), urls[:_EXAMPLES]) for (kind, cause), urls in ordered]

    def json(self) -> BatchJson:
        """Return the summary as JSON has it."""
        batch, request = self.batch, self.batch.request
        return BatchJson(
            batch=batch.id,
            name=request.name,
            tags=request.tags,
            tier=request.tier,
            origin=request.origin,
            status=self.status,
            error=batch.finished.error if batch.finished else None,
            created_at=iso_time(batch.created_at),
            finished_at=iso_time(batch.finished_at),
            count=request.count,
            counts=self.counts,
            risk_levels=self.risk_levels,
            failures=self.failures(),
            audits=self.worst_first(),
        )


def summarize(archive: Archive, batch_id: str) -> BatchSummary:
    """Return how a batch stands.

    Raises:
        UnknownBatch: The log does not have it.
        store.errors.StoreError: The log cannot be read.
    """
    batch = Batch.read(archive, batch_id)
    runs: dict[str, list[RunRow]] = {}
    for row in runs_of(archive.log).rows(RunFilter(batches=(batch_id,))):  # the newest first
        runs.setdefault(row.audit_id, []).append(row)
    counting = {audit_id: _counting(rows) for audit_id, rows in runs.items()}
    ends = archive.ends_of(row.run_id for row in counting.values() if row.status not in (COMPLETED, *_UNENDED))
    numbers = range(1, batch.request.count + 1)
    return BatchSummary(batch, [_audit(archive, batch, number, runs, ends) for number in numbers])


def _counting(rows: Sequence[RunRow]) -> RunRow:
    """Return the run of an audit that counts: the completed one, or else the newest, which is the first."""
    return next((row for row in rows if row.status == COMPLETED), rows[0])


def _audit(
    archive: Archive, batch: Batch, number: int, runs: Mapping[str, list[RunRow]], ends: Mapping[str, RunFinished]
) -> BatchedAudit:
    url, audit_id = batch.urls.get(number), batch.audit_id(number)
    rows = runs.get(audit_id, [])
    if not rows:
        skipped = batch.skipped.get(number)
        if skipped is None:
            return BatchedAudit(number=number, url=url, status=WAITING)
        return BatchedAudit(number=number, url=url, status=SKIPPED, reason=skipped.reason, kind=skipped.kind)
    row = _counting(rows)
    status, reason = row.status, None
    if status in _UNENDED:
        status = ABANDONED if is_orphaned(archive, row.run_id) else RUNNING
    elif status != COMPLETED:
        reason = end.error if (end := ends.get(row.run_id)) is not None else None
    took = None
    if row.started_at is not None and row.finished_at is not None:
        took = max(0.0, row.finished_at - row.started_at)
    return BatchedAudit(
        number=number,
        url=url or row.url,
        status=status,
        audit_id=audit_id,
        run_id=row.run_id,
        runs=len(rows),
        risk_level=row.risk_level if status == COMPLETED else None,
        trust_score=row.trust_score if status == COMPLETED else None,
        findings=row.findings,
        duration=took,
        reason=reason,
        kind=row.failure if status == FAILED else None,
    )


def _badness(level: str | None) -> int:
    return _RISKS.index(level if level in _RISKS else UNKNOWN_RISK)


def _order(audit: BatchedAudit) -> tuple[Any, ...]:
    if audit.status != COMPLETED:
        return 1, STATUSES.index(audit.status), audit.number
    score = 101.0 if audit.trust_score is None else audit.trust_score
    return 0, _badness(audit.risk_level), score, audit.number
