"""How the events came into the log, and what was taken out of it."""

from __future__ import annotations

from veritas.events.json import as_mapping, as_text
from veritas.formatting import count
from veritas.report.markup import Content, Markup, pairs, table, tag
from veritas.report.reported_run import ReportedRun
from veritas.sentences import tell_comparison


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
