"""What a report's events rest on: the log that they stand in, and the checkpoint that covers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from veritas.events.json import as_mapping, as_text
from veritas.formatting import count
from veritas.projections.descriptions import tell_comparison
from veritas.report.html import Content, Markup, pairs, table, tag
from veritas.report.run import ReportedRun

NOT_AS_RECORDED = "Not as it was recorded"


@dataclass(frozen=True)
class CoveringCheckpoint:
    """A signed checkpoint that covers a report's events.

    Attributes:
        size: How many of the log's events it covers.
        root: The root of the tree over them, in hex.
        key: The public key that signed it.
    """

    size: int
    root: str
    key: str


@dataclass(frozen=True)
class Provenance:
    """What the events' proof leads to.

    Attributes:
        origin: The log's name.
        heads: The hash of each run's last event, in hex.
        checkpoint: What covers them all; None where nothing does yet.
        made_from: Where the events were read, and how the page can be checked.
        faults: Of each run that is not as it was recorded, what is wrong and where.
    """

    origin: str
    heads: Mapping[str, str]
    checkpoint: CoveringCheckpoint | None
    made_from: str
    faults: Mapping[str, str] = field(default_factory=dict)


def warning_of(provenance: Provenance) -> Markup:
    """Return what the page begins with where it does not show what was recorded."""
    if not provenance.faults:
        return Markup()
    return tag(
        "section",
        tag("h2", NOT_AS_RECORDED),
        tag("ul", (tag("li", fault) for fault in provenance.faults.values())),
        tag(
            "p",
            "The log was altered there after it was recorded, and may have been altered elsewhere as well. What this"
            " page tells is what the log says now: it proves nothing of what was recorded. `veritas verify` shows"
            " more.",
        ),
        class_="card notice bad",
    )


def provenance_of(run: ReportedRun, provenance: Provenance) -> Markup:
    """Return what proves a run."""
    state, checkpoint = run.state, provenance.checkpoint
    events = count(state.observations.total(), "event")
    facts: list[tuple[str, Content]] = [
        ("run", tag("code", state.run_id)),
        ("events", f"{events}, at positions {run.first:,} to {state.position:,} of the log"),
        ("last hash", tag("code", provenance.heads[state.run_id])),
        ("log", tag("code", provenance.origin)),
    ]
    if (fault := provenance.faults.get(state.run_id)) is not None:
        facts.insert(0, (NOT_AS_RECORDED.lower(), tag("strong", fault)))
    if checkpoint is None:
        facts.append(("checkpoint", "none covers the run yet; `veritas checkpoint` signs one"))
    else:
        facts.append(("checkpoint", f"of {count(checkpoint.size, 'event')}"))
        facts.append(("root", tag("code", checkpoint.root)))
        facts.append(("signed with", tag("code", checkpoint.key)))
    if (recorded := state.request) is not None:
        with_what = [recorded.veritas_version and f"VERITAS {recorded.veritas_version}", recorded.platform]
        facts.append(("recorded by", ", ".join(filter(None, with_what))))
    return tag("section", tag("h2", "Provenance"), tag("div", pairs(facts), class_="card"))


def transport(run: ReportedRun) -> Markup:
    """Return what carried the events, and what went wrong on the way."""
    state, decision = run.state, run.state.decision
    lost, made = sum(drop.count for drop in state.drops), state.comparison
    facts: list[tuple[str, Content]] = [
        ("mode", f"{decision.mode} ({decision.reason}: {decision.origin})" if decision else None),
        ("carried by", state.effective_mode),
        ("events", ", ".join(f"{amount:,} {source}" for source, amount in sorted(state.observations.items()))),
        ("transports", None if made is None else tell_comparison(made)),
        *(("fell back", f"from {item.from_mode} to {item.to_mode}: {item.cause}") for item in state.fallbacks),
        ("lost", f"{count(lost, 'event')} that never came" if lost else None),
        ("gaps", count(len(state.gaps), "gap") if state.gaps else None),
        ("rejected", f"{count(state.rejected, 'line')} that could not be read" if state.rejected else None),
        ("exit status", None if state.exit is None else str(state.exit.exit_code)),
    ]
    return tag("section", tag("h2", "How the events came"), tag("div", pairs(facts), class_="card"))


def redactions(run: ReportedRun) -> Markup:
    """Return which events were redacted, by whom and why."""
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
