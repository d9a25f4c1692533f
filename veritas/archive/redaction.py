"""Removing from the log what an event says: which observations that means, and what is lost with them.

    chosen = select_observations(archive, run_id, 12)
    redact(archive, run_id, chosen, reason="a card number", by="jane@desk")

The same event may have come over two transports; then both observations go. What remains of each is its envelope (type,
phase, step, times), its hashes, and the event that says who removed it, when and why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from store.log import Observation, Record, Redaction
from store.text import storable
from veritas.archive.archive import Archive
from veritas.errors import UsageError
from veritas.events.progress import decode_event
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import (
    RECORDER,
    AuditRequested,
    ComparisonMade,
    DifferenceFound,
    IpcModeSelected,
    ObservationRedacted,
    RolloutChanged,
    RunFinished,
)
from veritas.events.upcasting import current_version
from veritas.formatting import count
from veritas.projections.audit_state import is_numbered
from veritas.projections.run_summary import RunSummary

_MICRO = 1_000_000

# What people lose sight of with one of the recorder's events.
_LOST = {
    AuditRequested.type: "what was asked for (the address, the tier)",
    IpcModeSelected.type: "which mode the run was given, and why",
    ComparisonMade.type: "what the comparison of the transports came to",
    RunFinished.type: "how the run ended",
}

# Which of the recorder's events can never be redacted, and why.
_STAYS = {
    ObservationRedacted.type: "itself a redaction, and those stay: they say who removed what, and why.",
    RolloutChanged.type: "a change of a rollout, and those stay: what the next audit uses follows from them.",
}


def select_observations(archive: Archive, run_id: str, seq: int, *, source: str | None = None) -> list[RecordedEvent]:
    """Return the observations of event *seq* that are to be redacted: over one source, or over all that a child has.

    With a child's event go the differences between its transports that quote it, or may.

    Raises:
        UsageError: There are none, they are redacted already, they cannot be, or they are not the same event.
    """
    numbered = [event for event in archive.events(run_id) if event.seq == seq]
    found = [event for event in numbered if (event.source == source if source else event.source != RECORDER)]
    if not found:
        over = f"over {source}" if source else "over queue or stdout"
        theirs = "; the recorder's own event of that number needs --source recorder" if numbered and not source else ""
        raise UsageError(
            f"Run {run_id!r} has no event {seq} {over}; `veritas events {run_id}` lists those there are{theirs}."
        )
    for event in found:
        stays = _STAYS.get(event.event.type) if event.source == RECORDER else None
        if stays is not None:
            raise UsageError(f"Event {seq} of the recorder's in run {run_id!r} is {stays}")
    left = [event for event in found if event.redacted is None]
    if not left:
        raise UsageError(_already(run_id, found[0]))
    if len(found) > 1 and not all(map(is_numbered, found)):
        sources = " and ".join(event.source for event in found)
        raise UsageError(
            f"Event {seq} of run {run_id!r} is not the same over {sources}, for its emitter did not number it; say"
            " which with --source."
        )
    return left if left[0].source == RECORDER else [*left, *_quoting(archive, run_id, seq)]


def describe_losses(archive: Archive, run_id: str, chosen: Sequence[RecordedEvent]) -> Iterator[str]:
    """Yield, in sentences, what nobody will see any more once *chosen* are redacted, and what will still be there."""
    event = chosen[0].event
    if quoting := sum(each.source == RECORDER for each in chosen[1:]):
        yield f"With it goes what {count(quoting, 'difference')} between the transports may quote of it."
    if chosen[0].source != RECORDER:
        yield from _quoted_elsewhere(archive, run_id)
    if chosen[0].source == RECORDER:
        lost = _LOST.get(event.type)
    elif (event.phase, event.step) == ("judge", "done"):
        lost = "the verdict with its signals"
    else:
        lost = {"finding": "this finding", "screenshot": "this screenshot"}.get(event.type)
    stay = list(_same_elsewhere(archive, run_id, chosen))
    # Of an event that came twice, what came first counts.
    shown = any(other.position < chosen[0].position for other in stay)
    if lost and not shown:
        yield f"The audit's state will no longer show {lost}."
    for other in stay:
        where = "in the log and in the audit's state" if shown else "in the log, where `veritas events` shows it"
        yield f"The same event came over {other.source} as well, and stays {where}; without --source both go."


def redact(
    archive: Archive,
    run_id: str,
    chosen: Sequence[RecordedEvent],
    *,
    reason: str,
    by: str,
    clock: Callable[[], float] = time.time,
) -> Redaction:
    """Redact *chosen*, observations of one run, in one transaction.

    Args:
        reason: Why, for whoever reads the log.
        by: Who wants it.

    Raises:
        UsageError: There is no reason or no name, or somebody else was faster.
        store.errors.StoreError: The log cannot be written.
    """
    # PostgreSQL's guard could not read the event with a character in it that no database can hold.
    reason, by = (storable(text).strip() for text in (reason, by))
    if not reason or not by:
        raise UsageError("A redaction says why and by whom; give --reason and --by some text.")
    now = clock()

    def note(observation: Observation, number: int) -> Record:
        said = ObservationRedacted(observation._asdict(), reason, by)
        body = said.encode(seq=number, timestamp=now)
        event = decode_event(body)
        envelope = (run_id, RECORDER, number, event.type, event.phase, event.step, round(now * _MICRO))
        return Record(*envelope, body, schema_version=current_version())

    observations = [Observation(event.source, event.seq) for event in chosen]
    outcome = archive.log.redact(run_id, observations, note, RunSummary(run_id))
    if not outcome.erased:
        first = next(event for event in archive.events(run_id) if event.position == chosen[0].position)
        raise UsageError(_already(run_id, first))
    return outcome


def _quoting(archive: Archive, run_id: str, seq: int) -> Iterator[RecordedEvent]:
    """Yield the differences that quote an event, and those of states, which may."""
    for recorded in archive.recorder_events(DifferenceFound.type, run_id=run_id):
        said = recorded.from_recorder
        if isinstance(said, DifferenceFound) and (said.before, said.after) != (None, None):
            first, last = said.first, said.last
            if first is None or last is None or first <= seq <= last:
                yield recorded


def _quoted_elsewhere(archive: Archive, run_id: str) -> Iterator[str]:
    """Yield which other runs may quote an event of this one, having been compared with it."""
    for other in archive.runs(run_id.rpartition(".")[0]):
        for recorded in archive.recorder_events(ComparisonMade.type, run_id=other):
            made = recorded.from_recorder
            if isinstance(made, ComparisonMade) and made.differences and other != run_id and run_id in made.runs:
                yield (
                    f"Run {other!r} was compared with this one and may quote the event: look at its difference_found"
                    " events, and redact those that do with --source recorder."
                )


def _same_elsewhere(archive: Archive, run_id: str, chosen: Sequence[RecordedEvent]) -> Iterator[RecordedEvent]:
    """Yield the observations of the same event over transports of which it is not to be redacted."""
    names = {each.source for each in chosen}
    if chosen[0].source == RECORDER:
        return
    for other in archive.events(run_id):
        same = other.seq == chosen[0].seq and other.source != RECORDER and other.source not in names
        if same and other.redacted is None and is_numbered(other):
            yield other


def _already(run_id: str, event: RecordedEvent) -> str:
    return f"Event {event.seq} of run {run_id!r} is redacted already: {str(event.redacted)[1:-1]}."
