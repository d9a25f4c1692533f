"""The summary of two runs as the page shows it: what is new, gone and changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from veritas.diff.run_comparison import RunComparison
from veritas.diff.site.history import FindingTrace
from veritas.diff.site.text import FATE_WORDS, TITLES
from veritas.diff.summary import CHANGED, NOT_COMPARED, UNCHANGED, before_and_after
from veritas.diff.summary_text import summary_heading, summary_sentences
from veritas.report.chips import Chip, severity_chip

_NOTES = {
    CHANGED: "Both runs have them, and their severity or their confidence is not the same.",
    UNCHANGED: "Both runs have them, with the same severity and confidence.",
    NOT_COMPARED: "One of the runs did not visit their page, or did not complete the phase that finds them.",
}


@dataclass(frozen=True)
class FindingView:
    """A finding of one of the runs, or of both.

    Attributes:
        severity: Its severity in B, or else in A.
        number: On how many similar elements it was found.
        title: The finding in a few words.
        about: The element, check or header that it is about.
        page: The page that it is on.
        change: How its severity or its confidence changed; None if it is not in both runs, or is unchanged.
        worse: That it is worse in B than in A; None if it is not.
    """

    severity: Chip
    number: str
    title: str
    about: str
    page: str
    change: str | None
    worse: Chip | None


@dataclass(frozen=True)
class FactView:
    """A header, a cookie, a third party or a fact of the certificate that is not the same in both runs."""

    change: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Section:
    """Findings or facts under one heading.

    Attributes:
        id: The place in the page.
        title: The heading.
        note: What the findings have in common; "" if the heading says enough.
        folded: Whether they are folded under the note.
        findings: The findings.
        facts: The facts.
    """

    id: str
    title: str
    note: str = ""
    folded: bool = False
    findings: Sequence[FindingView] = ()
    facts: Sequence[FactView] = ()


@dataclass(frozen=True)
class SummaryView:
    """The summary.

    Attributes:
        answers: The questions and their answers in a few words.
        sections: What is new, gone and changed, in the order of the text output.
    """

    answers: Sequence[tuple[str, str]]
    sections: Sequence[Section]

    @classmethod
    def of(cls, comparison: RunComparison, *, words: Collection[str]) -> SummaryView:
        """Return the summary of a comparison.

        Args:
            comparison: The comparison.
            words: Which findings it lists: `new`, `gone`, `changed`, `unchanged` or `not compared`.
        """
        summary = comparison.summary
        sections: list[Section] = []
        for word in words:
            if found := summary.findings_that_are(word):
                findings = [_finding_view(each, changed=word == CHANGED) for each in found]
                sections.append(
                    Section(
                        f"{word.replace(' ', '-')}-findings",
                        summary_heading(word, len(found)),
                        _NOTES.get(word, ""),
                        folded=word == UNCHANGED,
                        findings=findings,
                    )
                )
        for topic in summary.facts:
            if changed := summary.changed_facts(topic):
                facts = [
                    FactView(FATE_WORDS[trace.fate], trace.key.name, *before_and_after(trace)) for trace in changed
                ]
                sections.append(Section(topic.replace("_", "-"), f"{TITLES[topic]} ({len(facts):,})", facts=facts))
        return cls(list(summary_sentences(summary, comparison.screenshots)), sections)


def _finding_view(finding: FindingTrace, *, changed: bool) -> FindingView:
    return FindingView(
        severity_chip(finding.details.severity),
        f"{finding.details.count:,}",
        finding.details.title,
        finding.trace.key.about,
        finding.trace.key.page,
        finding.change if changed else None,
        Chip("worse", "bad") if changed and finding.is_worse else None,
    )
