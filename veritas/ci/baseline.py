"""The baseline: the earlier run whose findings an audit may have, because they are not new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from store.log import RunFilter, UrlFilter
from veritas.archive.archive import LATEST, Archive
from veritas.archive.integrity import describe_fault, find_fault
from veritas.archive.liveness import list_runs
from veritas.diff.rules import Rules
from veritas.diff.site.recording import FindingKey
from veritas.diff.site.url import Page
from veritas.diff.summary import NEW, NOT_COMPARED, relative_key, start_page, summarize
from veritas.errors import UsageError
from veritas.events.recorder_events import COMPLETED
from veritas.projections.audit_state import AuditState
from veritas.projections.findings import by_severity, is_more_severe
from veritas.projections.run_summary import RunRow
from veritas.projections.url_key import url_filter, url_key

_LATEST_OF = f"{LATEST}:"


@dataclass(frozen=True)
class FindingChanges:
    """What a run has that its baseline does not have.

    Attributes:
        new: The findings that the baseline does not have.
        worse: The findings that are more severe than in the baseline.
    """

    new: Sequence[Mapping[str, Any]]
    worse: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Baseline:
    """An earlier run.

    Attributes:
        run_id: The run.
        state: Its state.
        fault: In what its record is not as it was made, in words; None if it is.
    """

    run_id: str
    state: AuditState
    fault: str | None = None

    def compare(self, state: AuditState) -> FindingChanges:
        """Return which findings of a later run are new, and which have become more severe.

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
        start, earlier_start = start_page(state), start_page(self.state)
        earlier: dict[FindingKey, Mapping[str, Any]] = {}
        for finding in by_severity(self.state.findings):  # of similar elements, the most severe counts
            earlier.setdefault(relative_key(finding, earlier_start), finding)
        keyed = [(relative_key(finding, start), finding) for finding in state.findings]
        return FindingChanges(
            new=[finding for key, finding in keyed if key in new],
            worse=[finding for key, finding in keyed if key not in new and is_more_severe(finding, earlier[key])],
        )


class Baselines:
    """The baselines of several audits, from one name.

    Args:
        archive: The log.
        name: An audit, or `latest` for the latest completed run of the same URL that was requested before the audit, or
            `latest:URL` for that of another page or host.

    Raises:
        UsageError: The run that was named does not exist or did not complete, or no run of the URL did.
    """

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive = archive
        self._name = name
        self._named: Baseline | None = None
        if name.startswith(_LATEST_OF):
            url = name.removeprefix(_LATEST_OF)
            if not list_runs(archive, RunFilter(statuses=(COMPLETED,), url=self._filter(url)), limit=1):
                raise _none_of(url)
        elif name != LATEST:
            self._named = self._read(name)  # now, because later more ids may begin with it

    def of(self, state: AuditState) -> Baseline | None:
        """Return the baseline of a run; None if the name is `latest` and there is no earlier run, or it has not begun.

        Raises:
            UsageError: The run that was named is the audited one, or no earlier run of the URL completed.
        """
        if self._named is not None:
            if self._named.run_id == state.run_id:
                raise UsageError(f"The baseline {self._name!r} is the audit itself; give an earlier one, or latest.")
            return self._named
        if not state.position:
            return None
        run_id = self._latest(state) if self._name == LATEST else self._latest_of(state)
        return None if run_id is None else self._baseline(run_id, self._state_of(run_id))

    def _latest(self, state: AuditState) -> str | None:
        page = start_page(state)
        host, _ = url_key(state.request.url if state.request else None)
        rows = self._earlier(state, UrlFilter(host=host))
        return next((row.run_id for row in rows if Page.of(row.url or "") == page), None)

    def _latest_of(self, state: AuditState) -> str:
        url = self._name.removeprefix(_LATEST_OF)
        run_id = next((row.run_id for row in self._earlier(state, self._filter(url))), None)
        if run_id is None:
            raise _none_of(url)
        return run_id

    def _filter(self, url: str) -> UrlFilter:
        return url_filter(self._archive.as_recorded(url))

    def _earlier(self, state: AuditState, url: UrlFilter) -> Iterator[RunRow]:
        """Yield the completed runs of a URL that were requested before a run, the latest first."""
        begun = next(iter(self._archive.events(state.run_id))).position
        origin = state.request.origin if state.request else None
        for row in list_runs(self._archive, RunFilter(statuses=(COMPLETED,), url=url)):
            if row.position < begun and row.audit_id != state.audit_id and row.origin == origin:
                yield row

    def _read(self, name: str) -> Baseline:
        run_id = self._archive.resolve(name)
        state = self._state_of(run_id)
        if state.status != COMPLETED:
            raise UsageError(f"The baseline {name!r} did not complete, it is {state.status}; give another one.")
        return self._baseline(run_id, state)

    def _baseline(self, run_id: str, state: AuditState) -> Baseline:
        fault = find_fault(self._archive, run_id)
        return Baseline(run_id, state, None if fault is None else describe_fault(fault))

    def _state_of(self, run_id: str) -> AuditState:
        return AuditState.of(self._archive.events(run_id))


def _none_of(url: str) -> UsageError:
    return UsageError(f"No earlier audit of {url!r} completed; `veritas list` shows the recorded ones.")
