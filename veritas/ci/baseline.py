"""The baseline: the earlier run whose findings an audit may have, because they are not new."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

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
from veritas.projections.finding_grade import FindingGrade, worst_by_key
from veritas.projections.url_key import url_filter, url_key

_LATEST_OF = f"{LATEST}:"


@dataclass(frozen=True)
class Baseline:
    """An earlier run.

    Attributes:
        run_id: The run.
        state: Its state.
        fault: In what its record is not as it was made; None if it is.
    """

    run_id: str
    state: AuditState
    fault: str | None = None

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

    def worse_findings(self, state: AuditState) -> list[WorseFinding]:
        """Return the findings of a later run that are worse than the most severe one of this run with their identity.

        That is those of a higher severity, or of the same severity and a higher confidence. There are none if the most
        severe one of the later run is not worse.
        """
        start, now, worse = start_page(state), _worst(state), []
        for finding in state.findings:
            key, grade = relative_key(finding, start), FindingGrade.of(finding)
            before = self._worst.get(key)
            if before is not None and now[key].is_worse_than(before) and grade.is_worse_than(before):
                worse.append(WorseFinding(finding, grade.change_since(before) or ""))
        return worse

    @cached_property
    def _worst(self) -> dict[FindingKey, FindingGrade]:
        """The worst grade of this run's findings by their identity."""
        return _worst(self.state)


class WorseFinding(NamedTuple):
    """A finding that is worse than in the baseline.

    Attributes:
        finding: The finding.
        change: What became worse, in words.
    """

    finding: Mapping[str, Any]
    change: str


class _Run(NamedTuple):
    """A completed run that can be a baseline."""

    position: int
    run_id: str
    audit_id: str


class Baselines:
    """The baselines of several audits, from one name.

    Args:
        archive: The log.
        name: An audit, or `latest` for the latest completed run of the same URL that was requested before the audit, or
            `latest:URL` for that of another page or host.

    Raises:
        UsageError: The run that was named does not exist, did not complete or was altered, or no run of the URL
            completed.
    """

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive = archive
        self._name = name
        self._named: Baseline | None = None
        self._last: Baseline | None = None
        self._runs: dict[UrlFilter, Mapping[tuple[Page | None, str | None], list[_Run]]] = {}
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
        return None if run_id is None else self._baseline(run_id)

    def _latest(self, state: AuditState) -> str | None:
        host, _ = url_key(state.request.url if state.request else None)
        return self._earlier(state, UrlFilter(host=host), start_page(state))

    def _latest_of(self, state: AuditState) -> str:
        url = self._name.removeprefix(_LATEST_OF)
        run_id = self._earlier(state, self._filter(url), None)
        if run_id is None:
            raise _none_of(url)
        return run_id

    def _filter(self, url: str) -> UrlFilter:
        return url_filter(self._archive.as_recorded(url))

    def _earlier(self, state: AuditState, url: UrlFilter, page: Page | None) -> str | None:
        """Return the latest completed run of a URL, or of one of its pages, that was requested before a run."""
        begun = next(iter(self._archive.events(state.run_id))).position
        runs = self._completed(url)[page, state.request.origin if state.request else None]
        before = bisect_left(runs, begun, key=lambda run: run.position)
        earlier = (runs[at] for at in range(before - 1, -1, -1))
        return next((run.run_id for run in earlier if run.audit_id != state.audit_id), None)

    def _completed(self, url: UrlFilter) -> Mapping[tuple[Page | None, str | None], list[_Run]]:
        """Return the completed runs of a URL in their order, by page (None for all of them) and origin.

        They are read once, because a batch can have any number of audits of one host. A run that completes later was
        requested after the runs that are checked, or is not the earlier audit that anyone means.
        """
        if url not in self._runs:
            runs: dict[tuple[Page | None, str | None], list[_Run]] = defaultdict(list)
            for row in reversed(list_runs(self._archive, RunFilter(statuses=(COMPLETED,), url=url))):
                run = _Run(row.position, row.run_id, row.audit_id)
                runs[None, row.origin].append(run)
                runs[Page.of(row.url or "") or Page("", ""), row.origin].append(run)
            self._runs[url] = runs
        return self._runs[url]

    def _read(self, name: str) -> Baseline:
        baseline = self._baseline(self._archive.resolve(name))
        if baseline.state.status != COMPLETED:
            raise UsageError(
                f"The baseline {name!r} did not complete, it is {baseline.state.status}; give another one."
            )
        if baseline.fault is not None:
            raise UsageError(
                f"The baseline {name!r} is not as it was recorded: {baseline.fault}; give another one, or a log that"
                " `veritas verify` accepts."
            )
        return baseline

    def _baseline(self, run_id: str) -> Baseline:
        if self._last is None or self._last.run_id != run_id:  # audits in a row often have the same one
            fault = find_fault(self._archive, run_id)
            state = AuditState.of(self._archive.events(run_id))
            self._last = Baseline(run_id, state, None if fault is None else describe_fault(fault))
        return self._last


def _worst(state: AuditState) -> dict[FindingKey, FindingGrade]:
    start = start_page(state)
    found = worst_by_key(state.findings, lambda finding: relative_key(finding, start))
    return {key: grade for key, (grade, _) in found.items()}


def _none_of(url: str) -> UsageError:
    return UsageError(f"No earlier audit of {url!r} completed; `veritas list` shows the recorded ones.")
