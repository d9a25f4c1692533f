"""The summary of two runs: their findings, security and third parties, and which of them are new, gone or changed.

It is the history of a site with two recordings, as `veritas.diff.site` makes it. So what a run does not cover, such as
a page that it did not visit, is neither new nor gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from veritas.diff.rules import Rules
from veritas.diff.site.history import FactKey, FindingTrace, site_history
from veritas.diff.site.presence import FATES, STAYED, RecordingRef, Trace
from veritas.diff.site.recording import FindingKey, SiteRecording, finding_key, site_recording
from veritas.diff.site.text import FATE_WORDS
from veritas.diff.site.url import Page, SiteAddress
from veritas.projections.audit_state import AuditState

NEW, GONE, CHANGED, UNCHANGED = (FATE_WORDS[fate] for fate in FATES)
NOT_COMPARED = "not compared"
WORDS = (NEW, GONE, CHANGED, UNCHANGED, NOT_COMPARED)


@dataclass(frozen=True)
class Summary:
    """The answers for two runs.

    Attributes:
        findings: Every finding of either run: the new ones, then the gone, the changed and the other ones.
        facts: The first page's headers, the cookies, the third parties and the certificate, by topic.
        unknown: The topics that a run did not record, so that nothing is known of their changes.
    """

    findings: Sequence[FindingTrace]
    facts: Mapping[str, Sequence[Trace[FactKey]]]
    unknown: Sequence[str]

    def findings_that_are(self, word: str) -> list[FindingTrace]:
        """Return the findings that are `new`, `gone`, `changed`, `unchanged` or `not compared`.

        One is changed if its severity or its confidence is not the same in both runs. It is not compared if a run did
        not visit its page, or did not complete the phase that finds it.
        """
        return [finding for finding in self.findings if _word(finding) == word]

    def changed_facts(self, topic: str) -> list[Trace[FactKey]]:
        """Return the facts of a topic that are not the same in both runs."""
        return [trace for trace in self.facts[topic] if trace.fate != STAYED]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values: `findings` by word, and for each topic its facts that are not the same in both."""
        return {
            "findings": {
                word.replace(" ", "_"): [_finding(each) for each in self.findings_that_are(word)] for word in WORDS
            },
            **{topic: [_fact(trace) for trace in self.changed_facts(topic)] for topic in self.facts},
            "unknown": list(self.unknown),
        }


def before_and_after(trace: Trace[FactKey]) -> tuple[str | None, str | None]:
    """Return a fact's value in the first run and in the second; None where it is absent."""
    first, last = trace.steps[0].value, trace.steps[-1].value
    return first, last


def summarize(a: AuditState, b: AuditState, rules: Rules) -> Summary:
    """Return the summary of two runs, which may be of two sites: pages with the same path are then the same."""
    recordings = [_recording(a, 0, rules), _recording(b, 1, rules)]
    history = site_history(SiteAddress("", "", None), recordings)
    unknown = [topic for topic in history.facts if any(recording.facts[topic] is None for recording in recordings)]
    return Summary(history.findings, history.facts, unknown)


def relative_key(finding: Mapping[str, Any], start: Page) -> FindingKey:
    """Return the identity of a finding without the host that was audited, which *start* has."""
    key = finding_key(finding, start)
    return replace(key, page=_path_of(key.page, start))


def start_page(state: AuditState) -> Page:
    """Return the page that a run was requested for."""
    return Page.of((state.request.url if state.request else None) or "") or Page("", "")


def _recording(state: AuditState, order: int, rules: Rules) -> SiteRecording:
    """Return a run's recording, without the host that was audited and without the time."""
    start = start_page(state)
    recording = site_recording(state, start, rules)
    findings = {replace(key, page=_path_of(key.page, start)): details for key, details in recording.findings.items()}
    return replace(
        recording,
        ref=RecordingRef(float(order), state.run_id),
        page=Page("", ""),
        findings=findings,
        visited=None if recording.visited is None else frozenset(_path_of(page, start) for page in recording.visited),
    )


def _path_of(page: str, start: Page) -> str:
    return page.removeprefix(start.host) if page.startswith(f"{start.host}/") else page


def _word(finding: FindingTrace) -> str:
    return FATE_WORDS[finding.trace.fate] if finding.trace.covered > 1 else NOT_COMPARED


def _finding(finding: FindingTrace) -> dict[str, Any]:
    change = {"change": finding.change, "worse": finding.is_worse} if _word(finding) == CHANGED else {}
    return {**asdict(finding.trace.key), **asdict(finding.details), **change}


def _fact(trace: Trace[FactKey]) -> dict[str, Any]:
    before, after = before_and_after(trace)
    return {"name": trace.key.name, "change": FATE_WORDS[trace.fate], "before": before, "after": after}
