"""An audit's report: one HTML page that needs nothing beside itself, made from recorded events alone.

It has no script and reaches no network, and its own policy forbids both. What a page or a program wrote is hostile text
here: all of it is escaped (`veritas.report.markup`), none of it becomes a link, and only PNG, JPEG, GIF and WebP are
shown. The same events give the same bytes, so that a report can be checked by making it again.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

import veritas
from veritas.audit.finding import SEVERITIES
from veritas.core.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState
from veritas.report.findings import SEVERITY_TONES, findings_section
from veritas.report.markup import Content, Markup, chip, join, pairs, table, tag
from veritas.report.screenshots import Gallery
from veritas.untrusted import as_items, as_mapping, as_number, as_text
from veritas.wording import count, duration, moment, percent, short

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_RISK_TONES = {
    "trusted": "good",
    "probably_safe": "good",
    "suspicious": "fair",
    "high_risk": "bad",
    "likely_fraudulent": "bad",
}
_STATUS_TONES = {"completed": "good", "failed": "bad", "interrupted": "fair", "unfinished": "fair", "running": "note"}
_GOOD_SCORE, _FAIR_SCORE = 70, 40


@dataclass(frozen=True)
class RunProof:
    """What is proved of a run: how many events there are, and the hash of the last."""

    events: int
    head: str


@dataclass(frozen=True)
class Provenance:
    """What the events' proof leads to.

    Attributes:
        origin: The log's name.
        size: How many of its events the checkpoint covers.
        root: The root of the tree over them, in hex.
        key: The public key that signed it.
        runs: What is proved of each run.
    """

    origin: str
    size: int
    root: str
    key: str
    runs: Mapping[str, RunProof]


@dataclass
class _Run:
    """What is told of a run."""

    state: AuditState = field(default_factory=AuditState)
    first: int = 0

    def take(self, recorded: RecordedEvent) -> None:
        self.first = self.first or recorded.position
        self.state.apply(recorded)


def render_report(
    events: Iterable[RecordedEvent], provenance: Provenance, *, artifact: Callable[[str], bytes | None]
) -> Iterator[bytes]:
    """Yield the page, piece by piece.

    Args:
        events: All events of the runs, by position.
        provenance: What proves them.
        artifact: Gives an artifact's bytes by its hash in hex; None where they are not handed over.
    """
    runs: dict[str, _Run] = {}
    for recorded in events:
        runs.setdefault(recorded.run_id, _Run()).take(recorded)
    gallery = Gallery(artifact)
    title = ", ".join(dict.fromkeys(_subject(run.state) for run in runs.values()))
    yield b'<!doctype html>\n<html lang="en">\n'
    yield _line(
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="generator", content=generator()),
            tag("title", f"VERITAS report: {title}"),
            tag("style", Markup((files("veritas.report") / "report.css").read_text(encoding="utf-8"))),
        )
    )
    yield b"<body>\n"
    for run_id, run in runs.items():
        gallery.turn_to(run.state)
        yield b"<article>\n"
        for section in (_heading, _redactions, _narrative, _signals, _recommendations):
            yield _line(section(run))
        yield _line(findings_section(gallery))
        for figure in gallery.figures():
            yield _line(figure)
        for section in (_phases, _transport):
            yield _line(section(run))
        yield _line(_provenance(run_id, run, provenance))
        yield b"</article>\n"
    yield _line(
        tag(
            "footer",
            "Made from the events in the same bundle, and from nothing else. Nobody signed this page:"
            " `veritas verify` makes it again from the signed events and compares; FORMAT.md, in the same bundle, says"
            " how those are checked without VERITAS. All times are UTC.",
        )
    )
    yield b"</body>\n</html>\n"


def generator() -> str:
    """Return what the page says that it was made by: two versions may tell the same events in other words."""
    return f"VERITAS {veritas.__version__}"


def _line(markup: Markup) -> bytes:
    return markup.encode("utf-8") + b"\n" if markup else b""


def _subject(state: AuditState) -> str:
    request = state.request
    return (request.url or shlex.join(request.command)) if request else state.run_id


def _heading(run: _Run) -> Markup:
    state, verdict = run.state, as_mapping(run.state.verdict)
    score, level = as_number(state.trust_score), state.risk_level
    ended = duration(state.duration)
    facts = (
        ("run", tag("code", state.run_id)),
        ("tier", state.request.tier if state.request else None),
        ("started", moment(state.started_at)),
        ("status", [chip(state.status, _STATUS_TONES), f" in {ended}" if ended else ""]),
        ("error", state.error),
        ("capped", as_text(as_mapping(verdict.get("capped_by")).get("why"))),
        ("findings", _finding_counts(state)),
    )
    shown = "–" if score is None else short(score)
    words = "no verdict" if not verdict else (level or "unknown").replace("_", " ")
    return join(
        [
            tag("p", "Audit of", class_="kicker"),
            tag("h1", _subject(state)),
            tag(
                "div",
                tag(
                    "div",
                    tag("div", shown, tag("small", " of 100") if score is not None else None, class_="score"),
                    tag("div", words, class_="chip"),
                ),
                tag("div", pairs(facts)),
                class_=f"card verdict {_RISK_TONES.get(level or '', '')}".rstrip(),
            ),
        ]
    )


def _redactions(run: _Run) -> Markup:
    if not run.state.redactions:
        return Markup()
    rows = []
    for said in run.state.redactions:
        named = as_mapping(said.get("observation"))
        at = as_text(said.get("at"))
        event = f"{named.get('seq')} over {named.get('source')}"
        rows.append([event, at, as_text(said.get("by")), as_text(said.get("reason"))])
    return tag(
        "section",
        tag("h2", "Redacted"),
        tag("p", "What these events said was removed from the log. That they were there, and where, is still proved."),
        table(("event", "when", "by", "reason"), rows),
        class_="card notice fair",
    )


def _narrative(run: _Run) -> Markup:
    text = as_text(as_mapping(run.state.verdict).get("narrative"))
    return tag("section", tag("h2", "In short"), tag("p", text)) if text else Markup()


def _signals(run: _Run) -> Markup:
    rows: list[list[Content]] = []
    for name, said in as_mapping(as_mapping(run.state.verdict).get("signals")).items():
        signal = as_mapping(said)
        score = as_number(signal.get("score"))
        width = 0.0 if score is None else min(max(score, 0.0), 100.0)
        tone = "good" if width >= _GOOD_SCORE else "fair" if width >= _FAIR_SCORE else "bad"
        bar = tag("span", tag("i", style=f"width:{width:g}%"), class_=f"bar {tone}")
        shown = "unknown" if score is None else short(score)
        weight = percent(as_number(signal.get("used_weight")))
        rows.append([name, "" if score is None else bar, shown, weight, as_text(signal.get("why"))])
    if not rows:
        return Markup()
    signals = table(("signal", "", "score", "weight", "why"), rows, right=("score", "weight"))
    return tag("section", tag("h2", "Signals"), tag("div", signals, class_="card"))


def _recommendations(run: _Run) -> Markup:
    told: dict[str, list[str]] = {}
    for said in map(as_mapping, as_items(as_mapping(run.state.verdict).get("recommendations"))):
        if text := as_text(said.get("text")):
            told.setdefault(as_text(said.get("audience")) or "reader", []).append(text)
    if not told:
        return Markup()
    lists = ([tag("h3", f"For the {audience}"), tag("ul", map(_item, texts))] for audience, texts in told.items())
    return tag("section", tag("h2", "Recommendations"), tag("div", lists, class_="card"))


def _item(text: str) -> Markup:
    return tag("li", text)


def _phases(run: _Run) -> Markup:
    rows: list[list[Content]] = [
        [
            phase.label,
            chip(phase.status, _STATUS_TONES),
            moment(phase.started_at, "milliseconds"),
            duration(phase.duration),
            f"{phase.events:,}",
            phase.error or phase.detail,
        ]
        for phase in run.state.ordered_phases()
    ]
    if not rows:
        return Markup()
    phases = table(("phase", "status", "started", "took", "events", "detail"), rows, right=("took", "events"))
    return tag("section", tag("h2", "Phases"), tag("div", phases, class_="card"))


def _transport(run: _Run) -> Markup:
    state, decision = run.state, run.state.decision
    lost, tee = sum(drop.count for drop in state.drops), state.tee
    facts: list[tuple[str, Content]] = [
        ("mode", f"{decision.mode} ({decision.reason}: {decision.origin})" if decision else None),
        ("carried by", state.effective_mode),
        ("events", ", ".join(f"{amount:,} {source}" for source, amount in sorted(state.observations.items()))),
        ("transports", None if tee is None else "equal, byte for byte" if tee.get("equal") is True else "different"),
        *(("fell back", f"from {item.from_mode} to {item.to_mode}: {item.cause}") for item in state.fallbacks),
        ("lost", f"{count(lost, 'event')} that never came" if lost else None),
        ("gaps", count(len(state.gaps), "gap") if state.gaps else None),
        ("rejected", f"{count(state.rejected, 'line')} that could not be read" if state.rejected else None),
        ("exit status", None if state.exit is None else str(state.exit.exit_code)),
    ]
    return tag("section", tag("h2", "How the events came"), tag("div", pairs(facts), class_="card"))


def _provenance(run_id: str, run: _Run, provenance: Provenance) -> Markup:
    proof = provenance.runs[run_id]
    facts: list[tuple[str, Content]] = [
        ("run", tag("code", run_id)),
        ("events", f"{proof.events:,}, at positions {run.first:,} to {run.state.position:,} of the log"),
        ("last hash", tag("code", proof.head)),
        ("log", tag("code", provenance.origin)),
        ("checkpoint", f"of {count(provenance.size, 'event')}"),
        ("root", tag("code", provenance.root)),
        ("signed with", tag("code", provenance.key)),
    ]
    recorded = run.state.request
    if recorded is not None:
        with_what = [recorded.veritas_version and f"VERITAS {recorded.veritas_version}", recorded.platform]
        facts.append(("recorded by", ", ".join(filter(None, with_what))))
    return tag("section", tag("h2", "Provenance"), tag("div", pairs(facts), class_="card"))


def _finding_counts(state: AuditState) -> Content:
    counts = state.severities
    if not counts:
        return "none" if state.verdict else None
    order = [*reversed(SEVERITIES), *sorted(counts.keys() - set(SEVERITIES))]
    return [
        [chip(f"{counts[name]} {name}", {f"{counts[name]} {name}": SEVERITY_TONES.get(name, "")}), " "]
        for name in order
        if name in counts
    ]
