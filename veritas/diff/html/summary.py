"""The summary of two runs as the page shows it: what is new, gone and changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from veritas.diff.run_comparison import RunComparison
from veritas.diff.site.text import FATE_WORDS, TITLES
from veritas.diff.summary import GONE, NEW, before_and_after
from veritas.diff.summary_text import summary_heading, summary_sentences
from veritas.report.chips import Chip, severity_chip


@dataclass(frozen=True)
class FindingView:
    """A finding of one of the runs, or of both."""

    severity: Chip
    number: str
    title: str
    about: str
    page: str


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
        findings: The findings.
        facts: The facts.
    """

    id: str
    title: str
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
    def of(cls, comparison: RunComparison, *, words: Collection[str] = (NEW, GONE)) -> SummaryView:
        """Return the summary of a comparison.

        Args:
            comparison: The comparison.
            words: Which findings it lists: `new`, `gone`, `unchanged` or `not compared`.
        """
        summary = comparison.summary
        sections: list[Section] = []
        for word in words:
            if found := summary.findings_that_are(word):
                findings = [
                    FindingView(
                        severity_chip(each.details.severity),
                        f"{each.details.count:,}",
                        each.details.title,
                        each.trace.key.about,
                        each.trace.key.page,
                    )
                    for each in found
                ]
                sections.append(
                    Section(f"{word.replace(' ', '-')}-findings", summary_heading(word, len(found)), findings)
                )
        for topic in summary.facts:
            if changed := summary.changed_facts(topic):
                facts = [
                    FactView(FATE_WORDS[trace.fate], trace.key.name, *before_and_after(trace)) for trace in changed
                ]
                sections.append(Section(topic.replace("_", "-"), f"{TITLES[topic]} ({len(facts):,})", facts=facts))
        return cls(list(summary_sentences(summary, comparison.screenshots)), sections)
