"""The transport of a run's events, for people: mode, fallbacks, losses, and how two transports compare."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.cli.lib import table
from veritas.cli.lib.table import Cell
from veritas.events.json import as_mapping, as_number
from veritas.events.recorder_events import ComparisonMade, IpcModeSelected
from veritas.formatting import count
from veritas.projections.audit_state import AuditState
from veritas.projections.descriptions import describe_comparison, describe_delay, describe_equality

_MAX_LISTED = 20


def transport_pairs(state: AuditState) -> Iterator[tuple[str, Cell]]:
    """Yield how the events were transported, and what went wrong, as names and values."""
    if state.decision:
        carried = f"; carried by {state.effective_mode}" if state.effective_mode else ""
        yield "mode", _decision(state.decision) + carried
    if state.observations:
        yield "events", ", ".join(f"{amount:,} {source}" for source, amount in sorted(state.observations.items()))
    if state.comparison is not None:
        yield from _comparison_pairs(state.comparison)
    for fallback in state.fallbacks:
        again = f" ({count(fallback.sent_again, 'event')} sent again)" if fallback.sent_again else ""
        yield "fell back", table.bad(f"from {fallback.from_mode} to {fallback.to_mode}: {fallback.cause}{again}")
    if state.drops:
        lost = sum(drop.count for drop in state.drops)
        ranges = [_range(first, last) for drop in state.drops for first, last in drop.ranges]
        yield "lost", table.bad(f"{count(lost, 'event')}: {_joined(ranges)}")
    for delay in state.delays:
        yield "log unavailable", table.bad(describe_delay(delay))
    if state.gaps:
        gaps = [f"{_range(gap.first, gap.last)} of {gap.at_source}" for gap in state.gaps]
        yield "gaps", f"{_joined(gaps)} came late, over another transport, or not at all"
    if state.rejected:
        yield "rejected", table.bad(f"{count(state.rejected, 'line')} that could not be read")
    if state.refused:
        yield "refused", table.bad(f"{count(state.refused, 'connection')} to the queue")


def comparison_sentence(comparison: ComparisonMade) -> Cell:
    """Return whether the two transports delivered the same, and what was compared."""
    text = describe_comparison(comparison)
    if comparison.kinds:
        text += f" ({', '.join(f'{number} {kind}' for kind, number in comparison.kinds.items())})"
    return table.good(text) if comparison.equal else table.bad(text)


def tee_sentence(comparison: ComparisonMade, run_id: str) -> str:
    """Return the result of a tee, a run whose every event went over both transports, as one sentence."""
    if comparison.error is not None:
        return comparison.error
    if not comparison.equal:
        remedy = f"`veritas events {run_id} --type difference_found` lists them"
        return f"The queue and stdout differ in {count(comparison.differences, 'place')}; {remedy}."
    events, lead = count(max(comparison.counts.values()), "event"), _lead(comparison)
    same = f"All {events} came over both transports, {describe_equality(comparison.redacted)}"
    return f"{same}; {lead}." if lead else f"{same}."


def _lead(comparison: ComparisonMade) -> str | None:
    """Return which transport of a tee delivered more events first, and by how much; None if that is not known."""
    latency = as_mapping(comparison.latency)
    lead = _percentiles(latency.get("lead_ms"))
    counts = as_mapping(latency.get("first"))
    first = {source: number for source, value in counts.items() if (number := as_number(value)) is not None}
    if not first or lead is None:
        return None
    leader = max(first, key=first.__getitem__)
    return f"{leader} delivered {first[leader]:,.0f} of them first; the first transport led by {lead}"


def _delays(comparison: ComparisonMade) -> str:
    """Return each transport's delay in a tee, from an event's emission until it is in the log."""
    delays = as_mapping(as_mapping(comparison.latency).get("delay_ms"))
    texts = ((source, _percentiles(value)) for source, value in delays.items())
    return "; ".join(f"{source} {text}" for source, text in texts if text is not None)


def _percentiles(value: object) -> str | None:
    p50, p95 = (as_number(as_mapping(value).get(name)) for name in ("p50", "p95"))
    return None if p50 is None or p95 is None else f"{p50:.1f} ms at p50 and {p95:.1f} ms at p95"


def _comparison_pairs(comparison: ComparisonMade) -> Iterator[tuple[str, Cell]]:
    yield "transports", comparison_sentence(comparison)
    yield "order", _lead(comparison)
    yield "latency", _delays(comparison) or None
    if len(comparison.runs) > 1:
        yield "compared", " ".join(comparison.runs)
    for name, places in (("noise", comparison.noise), ("hidden", comparison.hidden)):
        if places:
            texts = [f"{place} ({number:,})" for place, number in places.items()]
            yield name, f"{count(sum(places.values()), 'difference')}: {_joined(texts)}"


def _decision(decision: IpcModeSelected) -> str:
    bucket, share = as_number(decision.bucket), as_number(decision.share)
    drawn = "" if bucket is None or share is None else f", bucket {bucket:.4f} of share {share:g}"
    return f"{decision.mode} ({decision.reason}: {decision.origin}{drawn})"


def _range(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}-{last}"


def _joined(texts: list[str]) -> str:
    return ", ".join(texts[:_MAX_LISTED]) + (", …" if len(texts) > _MAX_LISTED else "")
