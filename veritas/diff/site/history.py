"""The history of a site: its changes over all recordings of it.

A recording says nothing about what it does not cover: a finding on a page that was not visited, or of a phase that
failed, has not gone; headers that were never seen are not missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from veritas.archive.archive import Archive
from veritas.archive.liveness import list_runs
from veritas.diff.rules import Rules
from veritas.diff.site.presence import FATES, STAYED, Sample, Trace, traces
from veritas.diff.site.recording import FACTS, HEADERS, FindingDetails, FindingKey, SiteRecording, site_recording
from veritas.diff.site.url import Page, SiteAddress
from veritas.errors import UnknownSite
from veritas.events.recorder_events import ABANDONED
from veritas.projections.audit_state import AuditState
from veritas.projections.findings import by_severity

Progress = Callable[[int, int], None]


@dataclass(frozen=True, order=True)
class FactKey:
    """A fact's name, and its page; "" for the whole site."""

    name: str
    page: str


@dataclass(frozen=True)
class FindingTrace:
    """A finding's trace through the recordings; its value is its grade.

    Attributes:
        trace: The trace.
        details: Its details in the last recording that has it.
        before: Its details in the first one.
    """

    trace: Trace[FindingKey]
    details: FindingDetails
    before: FindingDetails

    @property
    def change(self) -> str | None:
        """How its severity or its confidence changed from the first recording that has it to the last, in words."""
        return self.details.grade.change_since(self.before.grade)

    @property
    def is_worse(self) -> bool:
        """Whether it is worse in the last recording that has it than in the first."""
        return self.details.grade.is_worse_than(self.before.grade)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self.trace.key), **asdict(self.details), **self.trace.as_dict()}


@dataclass(frozen=True)
class SiteHistory:
    """The history of a site.

    Attributes:
        site: The site.
        recordings: The recordings, in the order of time.
        findings: Every finding there ever was, by fate, and then the most severe first.
        facts: The traces of the first page's headers, the cookies, the third parties and the certificate, by topic.
        left_out: How many earlier recordings are not part of it.
    """

    site: SiteAddress
    recordings: tuple[SiteRecording, ...]
    findings: tuple[FindingTrace, ...]
    facts: Mapping[str, tuple[Trace[FactKey], ...]]
    left_out: int = 0

    @property
    def changed(self) -> bool:
        """Whether any finding, fact or verdict is different from its first recording."""
        fates = {finding.trace.fate for finding in self.findings}
        fates |= {trace.fate for facts in self.facts.values() for trace in facts}
        verdicts = {
            (recording.trust_score, recording.risk_level) for recording in self.recordings if recording.is_judged
        }
        return bool(fates - {STAYED}) or len(verdicts) > 1

    @property
    def scored(self) -> list[SiteRecording]:
        """The recordings that have a score."""
        return [recording for recording in self.recordings if not recording.is_gap]

    def of_fate(self, fate: str) -> list[FindingTrace]:
        """Return the findings with this fate."""
        return [finding for finding in self.findings if finding.trace.fate == fate]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "site": self.site.text,
            "changed": self.changed,
            "recordings": [
                {
                    **recording.ref.as_dict(),
                    "page": str(recording.page),
                    "status": recording.status,
                    "trust_score": recording.trust_score,
                    "risk_level": recording.risk_level,
                    "findings": sum(recording.severities.values()),
                    "severities": dict(recording.severities),
                }
                for recording in self.recordings
            ],
            "findings": [finding.as_dict() for finding in self.findings],
            **{
                topic: [{**asdict(trace.key), **trace.as_dict()} for trace in facts]
                for topic, facts in self.facts.items()
            },
        }


def site_history(site: SiteAddress, recordings: Iterable[SiteRecording]) -> SiteHistory:
    """Return the history of a site from its recordings, in any order."""
    in_time = sorted(recordings, key=lambda recording: recording.ref)
    facts = {topic: tuple(sorted(_facts(topic, in_time), key=_by_fate)) for topic in FACTS}
    return SiteHistory(site, tuple(in_time), _findings(in_time), facts)


def history_in_log(
    archive: Archive,
    site: SiteAddress,
    *,
    most: int | None = None,
    progress: Progress = lambda done, total: None,
    catching_up: Progress = lambda done, total: None,
) -> SiteHistory:
    """Return the history of a site from all recordings of it in a log, or from the latest ones.

    Args:
        archive: The log.
        site: The site.
        most: How many recordings are read at most; None for all.
        progress: Called with the number of recordings read so far, and their total.
        catching_up: Called with the position that the read model of the runs has reached, and the log's last position.

    Raises:
        UnknownSite: The log has no recording of the site.
    """
    rows = list_runs(archive, progress=catching_up)
    pages = {row.run_id: page for row in rows if row.url and (page := Page.of(row.url))}
    wanted = [row for row in rows if row.run_id in pages and pages[row.run_id] in site]
    if not wanted:
        nearest = ", ".join(map(repr, site.nearest(pages.values())))
        hint = f"the nearest recorded: {nearest}" if nearest else "`veritas list` shows what is recorded"
        raise UnknownSite(f"Nothing is recorded of {site.text!r} in {archive.log.describe()!r}; {hint}.")
    read = sorted(wanted, key=lambda row: row.started_at or 0.0, reverse=True)[:most]
    rules = Rules.of()
    recordings = []
    for done, row in enumerate(read, 1):
        state = AuditState.of(archive.events(row.run_id))
        if row.status == ABANDONED:
            state.mark_abandoned()
        recordings.append(site_recording(state, pages[row.run_id], rules))
        progress(done, len(read))
    return replace(site_history(site, recordings), left_out=len(wanted) - len(read))


def _findings(recordings: list[SiteRecording]) -> tuple[FindingTrace, ...]:
    latest = {key: details for recording in recordings for key, details in recording.findings.items()}
    earliest = {key: details for recording in recordings[::-1] for key, details in recording.findings.items()}

    def sample(recording: SiteRecording) -> Sample[FindingKey]:
        present = {key: str(details.grade) for key, details in recording.findings.items()}
        return Sample(recording.ref, present, lambda key: recording.covers(latest[key].phase, key.page))

    findings = [
        FindingTrace(trace, latest[trace.key], earliest[trace.key])
        for trace in traces([sample(each) for each in recordings])
    ]
    ranked = by_severity({"severity": finding.details.severity, "finding": finding} for finding in findings)
    return tuple(sorted((each["finding"] for each in ranked), key=lambda finding: FATES.index(finding.trace.fate)))


def _facts(topic: str, recordings: list[SiteRecording]) -> list[Trace[FactKey]]:
    def sample(recording: SiteRecording) -> Sample[FactKey]:
        page = str(recording.page) if topic == HEADERS else ""
        facts = recording.facts[topic]
        values = {FactKey(name, page): value for name, value in (facts or {}).items()}
        return Sample(recording.ref, values, lambda key: facts is not None and key.page == page)

    return list(traces([sample(each) for each in recordings]))


def _by_fate(trace: Trace[FactKey]) -> tuple[int, FactKey]:
    return FATES.index(trace.fate), trace.key
