"""The comparison of two runs, or of the two transports of one run, as one HTML page.

It needs no other file, and recorded text is harmless in it; see `veritas.report.rendering`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from veritas.diff.difference import CATEGORIES, TRANSPORT, VERDICT, ComparedRun, Differences
from veritas.diff.html.changes import changes_of
from veritas.diff.html.screenshots import Pictures
from veritas.diff.html.summary import SummaryView
from veritas.diff.rules import Rules
from veritas.diff.run_comparison import PhaseTimes, RunComparison
from veritas.diff.summary import CHANGED, GONE, NEW
from veritas.diff.transports.tee import TeeComparison
from veritas.formatting import count, duration, short_number, signed_seconds, utc_time
from veritas.projections.descriptions import describe_difference, describe_uncompared
from veritas.report.chips import Chip, risk_chip, status_chip
from veritas.report.rendering import render

_MOST_DIFFERENCES, _LONGEST = 1000, 2000  # differences between transports, and characters of one

_PACKAGE = "veritas.diff.html"

_FIRST = (TRANSPORT, VERDICT)  # the categories that are shown before the screenshots, unfolded


@dataclass(frozen=True)
class SideView:
    """One of the two runs.

    Attributes:
        run_id: The run.
        url: What was audited.
        started: When it was requested.
        mode: What carried its events.
        status: Its status.
        duration: How long it took.
        risk: The risk level; None without a verdict.
        score: The trust score.
        events: How many events were compared.
    """

    run_id: str
    url: str | None
    started: str | None
    mode: str | None
    status: Chip
    duration: str | None
    risk: Chip | None
    score: str | None
    events: str

    @classmethod
    def of(cls, side: ComparedRun) -> SideView:
        """Return a run as the page shows it."""
        judged = side.trust_score is not None or side.risk_level is not None
        return cls(
            run_id=side.run_id,
            url=side.url,
            started=utc_time(side.started_at),
            mode=side.mode,
            status=status_chip(side.status),
            duration=duration(side.duration),
            risk=risk_chip(side.risk_level or "unknown") if judged else None,
            score=None if side.trust_score is None else short_number(side.trust_score),
            events=f"{side.events:,}",
        )


@dataclass(frozen=True)
class PhaseView:
    """The duration of a phase in A and in B, and the difference."""

    label: str
    a: str | None
    b: str | None
    longer: str | None


@dataclass(frozen=True)
class HiddenView:
    """A rule, how many differences it left out, and an example."""

    rule: str
    number: str
    example: str


def render_comparison(comparison: RunComparison, *, origin: str, artifact: Callable[[str], bytes]) -> Iterator[bytes]:
    """Yield the page that compares two runs, in pieces.

    Args:
        comparison: What it shows.
        origin: The name of the log that has both runs.
        artifact: Returns a picture's bytes by their hash in hex.

    Raises:
        store.errors.StoreError: The log cannot be read, or no longer has the bytes.
    """
    return render(
        _PACKAGE,
        "comparison.html",
        **comparison_values(comparison),
        origin=origin,
        screenshots=Pictures(artifact).views(comparison.screenshots),
    )


def comparison_values(
    comparison: RunComparison, *, words: Collection[str] = (NEW, GONE, CHANGED), most: int | None = None
) -> dict[str, Any]:
    """Return the variables of a template that shows a comparison, except its screenshots.

    Args:
        comparison: What it shows.
        words: Which findings it lists.
        most: How many events of a category it shows; None for all.
    """
    differences, rules = comparison.differences, comparison.rules
    changes = list(changes_of(differences, most=most))
    return {
        "title": _title(differences.a, differences.b),
        "equal": differences.equal,
        "outcome": "equal" if differences.equal else count(len(differences), "difference"),
        "categories": _categories(differences),
        "notes": _notes(comparison),
        "summary": SummaryView.of(comparison, words=words),
        "a": SideView.of(differences.a),
        "b": SideView.of(differences.b),
        "rules": _rules(rules),
        "defaults": rules.defaults,
        "first_changes": [each for each in changes if each.category in _FIRST],
        "further_changes": [each for each in changes if each.category not in _FIRST],
        "screenshot_count": len(comparison.screenshots),
        "phases": list(map(_phase, comparison.phases)),
        "hidden": [HiddenView(rule, f"{found.count:,}", found.example) for rule, found in differences.hidden.items()],
    }


def render_transports(both: TeeComparison, *, origin: str) -> Iterator[bytes]:
    """Yield the page that shows how the two transports of one run differ, in pieces."""
    return render(_PACKAGE, "transports.html", **transport_values(both), origin=origin)


def transport_values(both: TeeComparison) -> dict[str, Any]:
    """Return the variables of a template that shows how the two transports of one run differ."""
    left_out = len(both.differences) - _MOST_DIFFERENCES
    return {
        "title": _title(both.run),
        "equal": both.equal,
        "outcome": both.outcome,
        "differences": [describe_difference(found)[:_LONGEST] for found in both.differences[:_MOST_DIFFERENCES]],
        "more": count(left_out, "difference") if left_out > 0 else None,
        "uncompared": describe_uncompared(both.redacted) if both.redacted and both.differences else None,
        "run": SideView.of(both.run),
        "counts": [(source, count(amount, "event")) for source, amount in both.counts.items()],
    }


def _title(*sides: ComparedRun) -> str:
    return " and ".join(dict.fromkeys(side.url or side.run_id for side in sides))


def _categories(differences: Differences) -> list[Chip]:
    counts = differences.categories
    return [Chip(f"{counts[category]:,} {category}") for category in CATEGORIES if counts[category]]


def _notes(comparison: RunComparison) -> list[str]:
    notes = [f"The end of run {run} is not in the log; its events so far are compared." for run in comparison.unended]
    notes += [
        f"The transports of run {run} differ; of each event the observation that arrived first is compared."
        for run in comparison.torn
    ]
    differences = comparison.differences
    if differences.equal and differences.hidden:
        left_out = sum(found.count for found in differences.hidden.values())
        notes.append(f"Equal except for {count(left_out, 'difference')} left out by rules: see “Not counted”.")
    if differences.redacted:
        notes.append(describe_uncompared(differences.redacted))
    if differences.a.visitor != differences.b.visitor:
        a, b = (side.visitor or "an unknown visitor" for side in (differences.a, differences.b))
        notes.append(f"The site saw different visitors: in A {a}; in B {b}.")
    if differences.a.login != differences.b.login:
        a, b = (side.login or "none" for side in (differences.a, differences.b))
        notes.append(f"The logins differ: in A {a}; in B {b}.")
    return notes


def _rules(rules: Rules) -> list[tuple[str, Sequence[str]]]:
    """Return the rules that were given, by their names."""
    given = (("ignored", rules.ignore), ("only", rules.only), ("tolerated", rules.tolerances))
    return [(name, [str(pattern) for pattern in patterns]) for name, patterns in given if patterns]


def _phase(times: PhaseTimes) -> PhaseView:
    return PhaseView(times.label, duration(times.a), duration(times.b), signed_seconds(times.longer))
