"""How a run's events came, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from veritas.cli import style
from veritas.cli.table import Cell
from veritas.core.recorder_events import IpcModeSelected
from veritas.projections.audit_state import AuditState
from veritas.untrusted import as_mapping, as_number
from veritas.wording import count

_MOST_NAMED = 20


def transport(state: AuditState) -> Iterator[tuple[str, Cell]]:
    """Yield how the events came and what went wrong with that, as names and values."""
    if state.decision:
        carried = f"; carried by {state.effective_mode}" if state.effective_mode else ""
        yield "mode", _decision(state.decision) + carried
    if state.observations:
        yield "events", ", ".join(f"{amount:,} {source}" for source, amount in sorted(state.observations.items()))
    if state.tee is not None:
        yield "transports", tee_sentence(state.tee)
    for fallback in state.fallbacks:
        again = f" ({count(fallback.sent_again, 'event')} sent again)" if fallback.sent_again else ""
        yield "fell back", style.wrong(f"from {fallback.from_mode} to {fallback.to_mode}: {fallback.cause}{again}")
    if state.drops:
        lost = sum(drop.count for drop in state.drops)
        ranges = [_range(first, last) for drop in state.drops for first, last in drop.ranges]
        yield "lost", style.wrong(f"{count(lost, 'event')}: {_some(ranges)}")
    if state.gaps:
        gaps = [f"{_range(gap.first, gap.last)} of {gap.at_source}" for gap in state.gaps]
        yield "gaps", f"{_some(gaps)} came late or over another transport, or not at all"
    if state.rejected:
        yield "rejected", style.wrong(f"{count(state.rejected, 'line')} that could not be read as events")
    if state.refused:
        yield "refused", style.wrong(f"{count(state.refused, 'connection')} to the queue without its key")


def tee_sentence(tee: Mapping[str, Any]) -> Cell:
    """Say whether the two transports of a run delivered the same."""
    counts = ", ".join(f"{amount} events over {source}" for source, amount in as_mapping(tee.get("counts")).items())
    if tee.get("equal") is True:
        return style.right(f"equal, byte for byte: {counts}")
    differences = as_number(tee.get("differences"))
    return style.wrong(f"{'unknown' if differences is None else differences} differences: {counts}")


def _decision(decision: IpcModeSelected) -> str:
    bucket, share = as_number(decision.bucket), as_number(decision.share)
    drawn = "" if bucket is None or share is None else f", bucket {bucket:.4f} of share {share:g}"
    return f"{decision.mode} ({decision.reason}: {decision.origin}{drawn})"


def _range(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}-{last}"


def _some(texts: list[str]) -> str:
    return ", ".join(texts[:_MOST_NAMED]) + (", …" if len(texts) > _MOST_NAMED else "")
