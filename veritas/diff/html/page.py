"""A comparison of two runs, side by side: one HTML page that needs nothing beside itself, as a report is one.

What was recorded is hostile text here as well: see `veritas.report.page`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files

from veritas.diff.difference import CATEGORIES, Side
from veritas.diff.html.changes import changes, hidden, phases, versus
from veritas.diff.html.screenshots import Pictures
from veritas.diff.rules import Rules
from veritas.diff.run_comparison import RunComparison
from veritas.diff.transports.tee import BothTransports
from veritas.formatting import count, duration, moment, short
from veritas.projections.descriptions import tell_difference, tell_uncompared
from veritas.report.html import DOCTYPE, Content, Markup, chip, head, join, line, pairs, tag
from veritas.report.phases import STATUS_TONES
from veritas.report.verdict import RISK_TONES

_MOST_TOLD, _LONGEST = 1000, 2000  # differences between transports, and characters of one


def comparison_head(comparison: RunComparison) -> Markup:
    """Return the two runs side by side, and the verdict."""
    differences = comparison.differences
    a, b = differences.a, differences.b
    counts = differences.categories
    told: list[Content] = [
        [chip(f"{counts[category]:,} {category}", {}), " "] for category in CATEGORIES if counts[category]
    ]
    notes = [f"Run {run} has no end in the log; what there is of it is compared." for run in comparison.unended]
    if differences.redacted:
        notes.append(tell_uncompared(differences.redacted))
    rows: list[tuple[str, Content, Content]] = [
        ("run", tag("code", a.run_id), tag("code", b.run_id)),
        ("url", a.url, b.url),
        ("started", moment(a.started_at), moment(b.started_at)),
        ("mode", a.mode, b.mode),
        ("status", _status(a), _status(b)),
        ("verdict", _verdict(a), _verdict(b)),
        ("events", f"{a.events:,}", f"{b.events:,}"),
    ]
    said = "equal" if differences.equal else count(len(differences), "difference")
    subjects = dict.fromkeys(side.url or side.run_id for side in (a, b))
    return join(
        [
            tag("p", "Two recordings compared", class_="kicker"),
            tag("h1", " and ".join(subjects)),
            _outcome(differences.equal, said, [told, *(tag("p", n) for n in notes)]),
            tag("div", versus(rows), pairs(_rules(comparison.rules)), class_="card"),
        ]
    )


def transports_head(both: BothTransports) -> Markup:
    """Return the run, how many events came over either transport, and in what these differ."""
    run = both.run
    told = [tag("li", tell_difference(found)[:_LONGEST]) for found in both.found[:_MOST_TOLD]]
    if len(both.found) > _MOST_TOLD:
        told.append(tag("li", f"and {count(len(both.found) - _MOST_TOLD, 'difference')} more"))
    notes = [tag("ul", told)] if told else []
    if both.redacted and both.found:
        notes.append(tag("p", tell_uncompared(both.redacted)))
    facts: list[tuple[str, Content]] = [
        ("run", tag("code", run.run_id)),
        ("started", moment(run.started_at)),
        ("mode", run.mode),
        ("status", _status(run)),
        *((source, count(amount, "event")) for source, amount in both.counts.items()),
    ]
    return join(
        [
            tag("p", "Two transports compared, byte for byte", class_="kicker"),
            tag("h1", run.url or run.run_id),
            _outcome(both.equal, both.outcome, notes),
            tag("div", pairs(facts), class_="card"),
        ]
    )


def _rules(rules: Rules) -> Iterator[tuple[str, Content]]:
    """Yield the rules that somebody gave."""
    for name, patterns in (("ignored", rules.ignore), ("only", rules.only), ("tolerated", rules.tolerances)):
        yield name, [[tag("code", str(pattern)), tag("br")] for pattern in patterns] or None
    yield "volatile fields", None if rules.defaults else "counted"


def _outcome(equal: bool, said: str, more: Content) -> Markup:
    shown = tag("div", tag("div", said, class_="score"))
    return tag("div", shown, tag("div", more), class_=f"card verdict {'good' if equal else 'bad'}")


def _status(side: Side) -> Content:
    took = duration(side.duration)
    return [chip(side.status, STATUS_TONES), f" in {took}" if took else ""]


def _verdict(side: Side) -> Content:
    if side.trust_score is None and side.risk_level is None:
        return None
    score = "" if side.trust_score is None else f" {short(side.trust_score)} of 100"
    level = side.risk_level or "unknown"
    return [chip(level.replace("_", " "), {level.replace("_", " "): RISK_TONES.get(level, "")}), score]


def render_comparison(comparison: RunComparison, *, origin: str, artifact: Callable[[str], bytes]) -> Iterator[bytes]:
    """Yield the page, piece by piece.

    Args:
        comparison: What it shows.
        origin: The name of the log that has both runs.
        artifact: Gives a picture's bytes by their hash in hex.

    Raises:
        store.errors.StoreError: The log cannot be read, or does not have the bytes any more.
    """
    differences = comparison.differences
    pictures = Pictures(artifact)
    yield from _opening(differences.a, differences.b)
    yield line(comparison_head(comparison))
    for section in changes(differences):
        yield line(section)
    for figure in pictures.sections(comparison.screenshots):
        yield line(figure)
    yield line(phases(comparison.phases))
    yield line(hidden(differences, comparison.rules))
    yield _closing(origin)


def render_transports(both: BothTransports, *, origin: str) -> Iterator[bytes]:
    """Yield the page that tells how the two transports of one run differ."""
    yield from _opening(both.run)
    yield line(transports_head(both))
    yield _closing(origin)


def _opening(*sides: Side) -> Iterator[bytes]:
    title = " and ".join(dict.fromkeys(side.url or side.run_id for side in sides))
    style = (files("veritas.diff.html") / "diff.css").read_text(encoding="utf-8")
    yield DOCTYPE
    yield line(head(f"VERITAS diff: {title}", style))
    yield b"<body>\n<article>\n"


def _closing(origin: str) -> bytes:
    told = f"Made from the events in the log {origin}, and from nothing else. All times are UTC."
    return b"</article>\n" + line(tag("footer", told)) + line(Markup("</body>\n</html>"))
