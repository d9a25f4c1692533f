"""The sentences of the summary of two runs, for both the terminal and the HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from veritas.diff.screenshots import ScreenshotPair
from veritas.diff.site.recording import THIRD_PARTIES
from veritas.diff.site.text import FATE_WORDS
from veritas.diff.summary import CHANGED, GONE, NEW, UNCHANGED, WORDS, Summary
from veritas.formatting import count


def summary_sentences(summary: Summary, pairs: Sequence[ScreenshotPair]) -> Iterator[tuple[str, str]]:
    """Yield what people ask first, and the answer in a few words: findings, security, third parties and pictures."""
    yield "findings", _findings(summary)
    yield "security", _security(summary)
    yield "third parties", _topic(summary, THIRD_PARTIES)
    if pairs:
        differing = sum(not pair.identical for pair in pairs)
        yield "pictures", f"{differing:,} of {count(len(pairs), 'pair')} differ" if differing else UNCHANGED


def summary_heading(word: str, number: int) -> str:
    """Return the heading of the findings that a word is said of: `New findings (2)`."""
    return f"{word.capitalize()} findings ({number:,})"


def _findings(summary: Summary) -> str:
    amounts = {word: len(summary.findings_that_are(word)) for word in WORDS}
    worse = sum(finding.is_worse for finding in summary.findings_that_are(CHANGED))
    words = {CHANGED: f"{CHANGED} ({worse:,} worse)"} if worse else {}
    usual = (NEW, GONE, UNCHANGED)
    return ", ".join(
        f"{amount:,} {words.get(word, word)}" for word, amount in amounts.items() if amount or word in usual
    )


def _security(summary: Summary) -> str:
    """Return the changes of headers, cookies and the certificate."""
    parts = {topic: _topic(summary, topic) for topic in summary.facts if topic != THIRD_PARTIES}
    if len(answers := {*parts.values()}) == 1:
        return answers.pop()
    return "; ".join(f"{topic}: {answer}" for topic, answer in parts.items())


def _topic(summary: Summary, topic: str) -> str:
    """Return how many facts of a topic are new, gone and changed: `1 new, 2 changed`."""
    if topic in summary.unknown:
        return "unknown: not in both recordings"
    words = [FATE_WORDS[trace.fate] for trace in summary.changed_facts(topic)]
    return ", ".join(f"{words.count(word):,} {word}" for word in dict.fromkeys(words)) or UNCHANGED
