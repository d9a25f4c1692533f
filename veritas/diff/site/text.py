"""The sentences of a site's history, for both the terminal and the HTML page."""

from __future__ import annotations

from collections.abc import Mapping

from veritas.diff.site.history import FactKey, SiteHistory
from veritas.diff.site.presence import APPEARED, CHANGED, FATES, STAYED, WENT, Trace
from veritas.diff.site.recording import CERTIFICATE, COOKIES, HEADERS, THIRD_PARTIES
from veritas.formatting import count, short_number

TITLES: Mapping[str, str] = {
    HEADERS: "Headers of the first page",
    COOKIES: "Cookies",
    THIRD_PARTIES: "Third parties",
    CERTIFICATE: "Certificate",
}

FATE_WORDS: Mapping[str, str] = {APPEARED: "new", WENT: "gone", CHANGED: "changed", STAYED: "unchanged"}


def findings_title(fate: str, number: int) -> str:
    """Return the heading of the findings with one fate: `New findings (2)`."""
    return f"{FATE_WORDS[fate].capitalize()} findings ({number:,})"


def score_sentence(history: SiteHistory) -> str:
    """Return how the score changed from the first recording that has one to the last."""
    scored = history.scored
    if not scored:
        return "no recording has one"
    first, last = scored[0], scored[-1]
    if first is last:
        return f"{_score(first.trust_score)}, in one recording"
    between = f"from {first.ref} to {last.ref}"
    if first.trust_score == last.trust_score:
        return f"{_score(last.trust_score)} unchanged, {between}"
    return f"{_score(first.trust_score)} -> {_score(last.trust_score)}, {between}"


def recordings_sentence(history: SiteHistory) -> str:
    """Return how many recordings there are, how many of them have no score, and how many are left out."""
    gaps = len(history.recordings) - len(history.scored)
    without = f", {gaps:,} without a score" if gaps else ""
    earlier = f"; {count(history.left_out, 'earlier recording')} left out" if history.left_out else ""
    return f"{count(len(history.recordings), 'recording')}{without}{earlier}"


def fates_sentence(history: SiteHistory) -> str:
    """Return how many findings are new, gone, changed and unchanged."""
    amounts = {fate: len(history.of_fate(fate)) for fate in FATES}
    return ", ".join(f"{amount:,} {FATE_WORDS[fate]}" for fate, amount in amounts.items() if amount or fate != CHANGED)


def fact_name(key: FactKey, history: SiteHistory) -> str:
    """Return a fact's name, with its page if the recordings are of several pages."""
    of_several = len({recording.page for recording in history.recordings}) > 1
    return f"{key.name} of {key.page}" if key.page and of_several else key.name


def value_sentence(trace: Trace[FactKey]) -> str:
    """Return a fact's value, or its first and its last value if it changed."""
    return f"{trace.steps[0].value} -> {trace.value}" if trace.fate == CHANGED else trace.value


def _score(score: float | None) -> str:
    return "unknown" if score is None else short_number(score)
