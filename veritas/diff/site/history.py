"""What changed on a site, over all recordings of it.

What a recording does not tell says nothing: a finding on a page that was not visited, or of a phase that failed, has
not gone, and headers that were never seen are not missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from veritas.archive.archive import Archive
from veritas.archive.liveness import runs_now
from veritas.diff.rules import Rules
from veritas.diff.site.presence import FATES, STAYED, Sample, Trace, traces
from veritas.diff.site.recording import FACTS, HEADERS, FindingDetails, FindingKey, SiteRecording, site_recording
from veritas.diff.site.url import Page, SiteAddress
from veritas.errors import UsageError
from veritas.projections.audit_state import ABANDONED, AuditState
from veritas.projections.findings import by_severity


@dataclass(frozen=True, order=True)
class FactKey:
    """A fact's name, and of which page it is; "" for the whole site."""

    name: str
    page: str


@dataclass(frozen=True)
class FindingTrace:
    """A finding through the recordings, and how it was seen last."""

    trace: Trace[FindingKey]
    seen: FindingDetails

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self.trace.key), **asdict(self.seen), **self.trace.as_dict()}


@dataclass(frozen=True)
class SiteHistory:
    """All that was recorded of a site, in the order of time.

    Attributes:
        site: Which.
        recordings: What each recording tells.
        findings: Every finding there ever was, by its fate and then the most severe first.
        facts: Headers of the first page, cookies, third parties, certificate: each one's traces by name.
    """

    site: SiteAddress
    recordings: tuple[SiteRecording, ...]
    findings: tuple[FindingTrace, ...]
    facts: Mapping[str, tuple[Trace[FactKey], ...]]

    @property
    def changed(self) -> bool:
        """Whether anything is otherwise than it was when it was first told of."""
        fates = {found.trace.fate for found in self.findings}
        fates |= {trace.fate for kept in self.facts.values() for trace in kept}
        return bool(fates - {STAYED}) or len({one.trust_score for one in self.scored}) > 1

    @property
    def scored(self) -> list[SiteRecording]:
        """The recordings that have a score."""
        return [recording for recording in self.recordings if not recording.is_gap]

    def of_fate(self, fate: str) -> list[FindingTrace]:
        """Return the findings of a fate."""
        return [found for found in self.findings if found.trace.fate == fate]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "site": self.site.text,
            "changed": self.changed,
            "recordings": [
                {
                    **recording.when.as_dict(),
                    "page": str(recording.page),
                    "status": recording.status,
                    "trust_score": recording.trust_score,
                    "risk_level": recording.risk_level,
                    "findings": sum(recording.severities.values()),
                    "severities": dict(recording.severities),
                }
                for recording in self.recordings
            ],
            "findings": [found.as_dict() for found in self.findings],
            **{
                topic: [{**asdict(trace.key), **trace.as_dict()} for trace in kept]
                for topic, kept in self.facts.items()
            },
        }


def site_history(site: SiteAddress, recordings: Iterable[SiteRecording]) -> SiteHistory:
    """Return what changed over *recordings*, whatever order they are given in."""
    in_time = sorted(recordings, key=lambda recording: recording.when)
    facts = {topic: tuple(sorted(_facts(topic, in_time), key=_fate_first)) for topic in FACTS}
    return SiteHistory(site, tuple(in_time), _findings(in_time), facts)


def _findings(recordings: list[SiteRecording]) -> tuple[FindingTrace, ...]:
    seen = {key: found for recording in recordings for key, found in recording.findings.items()}

    def observed(recording: SiteRecording) -> Sample[FindingKey]:
        there = dict.fromkeys(recording.findings, "")
        return Sample(recording.when, there, lambda key: recording.tells(seen[key].phase, key.page))

    found = [FindingTrace(trace, seen[trace.key]) for trace in traces([observed(one) for one in recordings])]
    ranked = by_severity({"severity": one.seen.severity, "found": one} for one in found)
    return tuple(sorted((one["found"] for one in ranked), key=lambda one: FATES.index(one.trace.fate)))


def _facts(topic: str, recordings: list[SiteRecording]) -> list[Trace[FactKey]]:
    def observed(recording: SiteRecording) -> Sample[FactKey]:
        page = str(recording.page) if topic == HEADERS else ""
        told = recording.facts[topic]
        there = {FactKey(name, page): said for name, said in (told or {}).items()}
        return Sample(recording.when, there, lambda key: told is not None and key.page == page)

    return list(traces([observed(one) for one in recordings]))


def _fate_first(trace: Trace[FactKey]) -> tuple[int, FactKey]:
    return FATES.index(trace.fate), trace.key


Progress = Callable[[int, int], None]


def history_in_log(
    archive: Archive,
    site: SiteAddress,
    *,
    progress: Progress = lambda done, total: None,
    catching_up: Progress = lambda done, total: None,
) -> SiteHistory:
    """Return what changed on a site over all recordings of it.

    Args:
        archive: The log.
        site: Which site.
        progress: Is told how many recordings are read, of how many.
        catching_up: Is told how far the read model of the runs has caught up, and where the log ends.

    Raises:
        UsageError: There is no recording of it.
    """
    rows = runs_now(archive, status=None, limit=None, progress=catching_up)
    pages = {row.run_id: page for row in rows if row.url and (page := Page.of(row.url))}
    wanted = [row for row in rows if row.run_id in pages and pages[row.run_id] in site]
    if not wanted:
        nearest = ", ".join(map(repr, site.nearest(pages.values())))
        hint = f"the nearest recorded: {nearest}" if nearest else "`veritas list` shows what is recorded"
        raise UsageError(f"Nothing is recorded of {site.text!r} in {archive.log.describe()!r}; {hint}.")
    rules = Rules.of()
    recordings = []
    for done, row in enumerate(wanted, 1):
        state = AuditState.of(archive.events(row.run_id))
        if row.status == ABANDONED:
            state.abandon()
        recordings.append(site_recording(state, pages[row.run_id], rules))
        progress(done, len(wanted))
    return site_history(site, recordings)
