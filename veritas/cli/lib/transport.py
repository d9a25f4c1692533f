"""How a run's events came, for people."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.cli.lib import table
from veritas.cli.lib.table import Cell
from veritas.events.json import as_mapping, as_number
from veritas.events.recorder_events import ComparisonMade, IpcModeSelected
from veritas.formatting import count
from veritas.projections.audit_state import AuditState
from veritas.projections.descriptions import describe_comparison, describe_equality

_MOST_NAMED = 20


def transport(state: AuditState) -> Iterator[tuple[str, Cell]]:
    """Yield how the events came and what went wrong with that, as names and values."""
    if state.decision:
        carried = f"; carried by {state.effective_mode}" if state.effective_mode else ""
        yield "mode", _decision(state.decision) + carried
    if state.observations:
        yield "events", ", ".join(f"{amount:,} {source}" for source, amount in sorted(state.observations.items()))
    if state.comparison is not None:
        yield from _comparison(state.comparison)
    for fallback in state.fallbacks:
        again = f" ({count(fallback.sent_again, 'event')} sent again)" if fallback.sent_again else ""
        yield "fell back", table.wrong(f"from {fallback.from_mode} to {fallback.to_mode}: {fallback.cause}{again}")
    if state.drops:
        lost = sum(drop.count for drop in state.drops)
        ranges = [_range(first, last) for drop in state.drops for first, last in drop.ranges]
        yield "lost", table.wrong(f"{count(lost, 'event')}: {_some(ranges)}")
    if state.gaps:
        gaps = [f"{_range(gap.first, gap.last)} of {gap.at_source}" for gap in state.gaps]
        yield "gaps", f"{_some(gaps)} came late or over another transport, or not at all"
    if state.rejected:
        yield "rejected", table.wrong(f"{count(state.rejected, 'line')} that could not be read as events")
    if state.refused:
        yield "refused", table.wrong(f"{count(state.refused, 'connection')} to the queue without its key")


def comparison_sentence(made: ComparisonMade) -> Cell:
    """Say whether the two transports delivered the same, and what was compared."""
    said = describe_comparison(made)
    if made.kinds:
        said += f" ({', '.join(f'{number} {kind}' for kind, number in made.kinds.items())})"
    return table.right(said) if made.equal else table.wrong(said)


def tee_sentence(made: ComparisonMade, run_id: str) -> str:
    """Say in one plain sentence what became of a run whose every event went over both transports."""
    if made.error is not None:
        return made.error
    if not made.equal:
        where = f"`veritas events {run_id} --type difference_found` lists them"
        return f"The queue and stdout differ in {count(made.differences, 'place')}; {where}."
    first = _first(made)
    same = (
        f"All {count(max(made.counts.values()), 'event')} came over both transports, {describe_equality(made.redacted)}"
    )
    return f"{same}{f'; {first}' if first else ''}."


def _first(made: ComparisonMade) -> str | None:
    """Say which transport of a tee was first, and by how much; None where that is not known."""
    latency = as_mapping(made.latency)
    lead = _times(latency.get("lead_ms"))
    counts = as_mapping(latency.get("first"))
    first = {source: number for source, said in counts.items() if (number := as_number(said)) is not None}
    if not first or lead is None:
        return None
    quicker = max(first, key=first.__getitem__)
    return f"{quicker} was first with {first[quicker]:,.0f} of them, and the first was ahead by {lead}"


def _delays(made: ComparisonMade) -> str:
    """Say how long each transport of a tee took from an event's emission until it was in the log."""
    delays = as_mapping(as_mapping(made.latency).get("delay_ms"))
    told = ((source, _times(said)) for source, said in delays.items())
    return "; ".join(f"{source} {times}" for source, times in told if times is not None)


def _times(said: object) -> str | None:
    p50, p95 = (as_number(as_mapping(said).get(name)) for name in ("p50", "p95"))
    return None if p50 is None or p95 is None else f"{p50:.1f} ms at p50 and {p95:.1f} ms at p95"


def _comparison(made: ComparisonMade) -> Iterator[tuple[str, Cell]]:
    yield "transports", comparison_sentence(made)
    yield "order", _first(made)
    yield "latency", _delays(made) or None
    if len(made.runs) > 1:
        yield "compared", " ".join(made.runs)
    for name, places in (("noise", made.noise), ("hidden", made.hidden)):
        if places:
            told = [f"{place} ({number:,})" for place, number in places.items()]
            yield name, f"{count(sum(places.values()), 'difference')}: {_some(told)}"


def _decision(decision: IpcModeSelected) -> str:
    bucket, share = as_number(decision.bucket), as_number(decision.share)
    drawn = "" if bucket is None or share is None else f", bucket {bucket:.4f} of share {share:g}"
    return f"{decision.mode} ({decision.reason}: {decision.origin}{drawn})"


def _range(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}-{last}"


def _some(texts: list[str]) -> str:
    return ", ".join(texts[:_MOST_NAMED]) + (", …" if len(texts) > _MOST_NAMED else "")
