"""The baseline: the earlier run whose findings an audit may have, because they are not new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from veritas.archive.archive import LATEST, Archive
from veritas.archive.liveness import list_runs
from veritas.diff.rules import Rules
from veritas.diff.site.url import Page, SiteAddress
from veritas.diff.summary import NEW, NOT_COMPARED, relative_key, start_page, summarize
from veritas.errors import UsageError
from veritas.events.recorder_events import COMPLETED
from veritas.projections.audit_state import AuditState
from veritas.projections.run_summary import RunRow

_LATEST_OF = f"{LATEST}:"


@dataclass(frozen=True)
class Baseline:
    """An earlier run.

    Attributes:
        run_id: The run.
        state: Its state.
    """

    run_id: str
    state: AuditState

    def new_findings(self, state: AuditState) -> list[Mapping[str, Any]]:
        """Return the findings of a later run that this one does not have.

        They are identified as `veritas.diff` does. A finding that this run could not have, because it did not visit
        the page or did not complete the phase, is new as well: unknown is never good.
        """
        summary = summarize(self.state, state, Rules.of())
        new = {
            trace.trace.key
            for word in (NEW, NOT_COMPARED)
            for trace in summary.findings_that_are(word)
            if trace.trace.last_seen.run_id == state.run_id
        }
        start = start_page(state)
        return [finding for finding in state.findings if relative_key(finding, start) in new]


class Baselines:
    """The baselines of several audits, from one name.

    Args:
        archive: The log.
        name: An audit, or `latest` for the latest completed run of the same URL that was requested before the audit, or
            `latest:URL` for that of another page or host.
        progress: Called while the read model of the runs catches up, with its position and the log's last one.
    """

    def __init__(
        self, archive: Archive, name: str, *, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> None:
        self._archive = archive
        self._name = name
        self._progress = progress

    def of(self, state: AuditState) -> Baseline | None:
        """Return the baseline of a run; None if the name is `latest` and there is no earlier run.

        Raises:
            UsageError: The run that was named does not exist, is the audited one, or did not complete.
        """
        run_id = (
            self._latest(state) if self._name == LATEST or self._name.startswith(_LATEST_OF) else self._named(state)
        )
        if run_id is None:
            return None
        return Baseline(run_id, AuditState.of(self._archive.events(run_id)))

    @cached_property
    def _rows(self) -> list[RunRow]:
        """All runs, newest first."""
        return list_runs(self._archive, status=None, limit=None, progress=self._progress)

    def _latest(self, state: AuditState) -> str | None:
        own = next(row for row in self._rows if row.run_id == state.run_id)
        url = self._name.removeprefix(_LATEST_OF)
        site = None if self._name == LATEST else SiteAddress.parse(url)
        page = start_page(state)
        for row in self._rows:
            is_earlier = row.position < own.position and row.audit_id != own.audit_id
            if not is_earlier or row.status != COMPLETED or row.origin != own.origin:
                continue
            other = Page.of(row.url or "")
            if other is not None and (other == page if site is None else other in site):
                return row.run_id
        if site is not None:
            raise UsageError(f"No earlier audit of {url!r} completed; `veritas list` shows the recorded ones.")
        return None

    def _named(self, state: AuditState) -> str:
        run_id = self._archive.resolve(self._name)
        if run_id == state.run_id:
            raise UsageError(f"The baseline {self._name!r} is the audit itself; give an earlier one, or latest.")
        row = next(row for row in self._rows if row.run_id == run_id)
        if row.status != COMPLETED:
            raise UsageError(f"The baseline {self._name!r} did not complete, it is {row.status}; give another one.")
        return run_id
