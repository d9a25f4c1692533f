"""Redaction: remove the body of an event from the log; select the observations to redact, and describe the losses.

    selected = select_observations(archive, run_id, 12)
    redact(archive, run_id, selected, reason="a card number", by="jane@desk")

If the same event arrived over two transports, both observations are redacted. The envelope of each (type, phase, step,
times) and its hashes remain, and an event records who redacted it, when and why.
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
    KeyRotated,
    ObservationRedacted,
    RolloutChanged,
    RunArchived,
    RunFinished,
)
from veritas.events.upcasting import current_version
from veritas.formatting import count
from veritas.projections.audit_state import is_numbered
from veritas.projections.run_summary import RunSummary

_MICRO = 1_000_000

# The parts of an audit's state that are lost with one of the recorder's events.
_LOSSES = {
    AuditRequested.type: "the request (the address, the tier)",
    IpcModeSelected.type: "the run's mode, and the reason for it",
    ComparisonMade.type: "the comparison of the transports",
    RunFinished.type: "the run's outcome",
}

# The recorder's events that cannot be redacted, and why.
_NOT_REDACTABLE = {
    KeyRotated.type: "the statement that a key follows another, and those stay: later checkpoints are trusted for it.",
    ObservationRedacted.type: "itself a redaction, and those stay: they record who removed what, and why.",
    RunArchived.type: "the statement that the run was archived, and those stay: they say where its content is.",
    RolloutChanged.type: "a change of a rollout, and those stay: the next audit's transport follows from them.",
}


def select_observations(archive: Archive, run_id: str, seq: int, *, source: str | None = None) -> list[RecordedEvent]:
    """Return the observations of event *seq* to redact: of one source, or by default of all sources of the child.

    With a child's event, the recorded differences between its transports that may quote it are redacted too.

    Raises:
        UsageError: None was found, they are redacted already or cannot be redacted, or they are different events.
    """
    numbered = [event for event in archive.events(run_id) if event.seq == seq]
    matching = [event for event in numbered if (event.source == source if source else event.source != RECORDER)]
    if not matching:
        over = f"over {source}" if source else "over queue or stdout"
        hint = "; the recorder's own event of that number needs --source recorder" if numbered and not source else ""
        raise UsageError(
            f"Run {run_id!r} has no event {seq} {over}; `veritas events {run_id}` lists the existing ones{hint}."
        )
    for event in matching:
        reason = _NOT_REDACTABLE.get(event.event.type) if event.source == RECORDER else None
        if reason is not None:
            raise UsageError(f"The recorder's event {seq} of run {run_id!r} is {reason}")
    unredacted = [event for event in matching if event.redacted is None]
    if not unredacted:
        raise UsageError(_already_redacted(run_id, matching[0]))
    if len(matching) > 1 and not all(map(is_numbered, matching)):
        sources = " and ".join(event.source for event in matching)
        raise UsageError(
            f"Event {seq} of run {run_id!r} is not the same over {sources}, because its emitter did not number it; name"
            " one with --source."
        )
    return unredacted if unredacted[0].source == RECORDER else [*unredacted, *_quoting(archive, run_id, seq)]


def describe_losses(archive: Archive, run_id: str, selected: Sequence[RecordedEvent]) -> Iterator[str]:
    """Yield, in sentences, what is lost once *selected* are redacted, and what is kept elsewhere."""
    event = selected[0].event
    if quoting := sum(each.source == RECORDER for each in selected[1:]):
        yield f"{count(quoting, 'difference')} between the transports, which may quote it, will be redacted too."
    if selected[0].source != RECORDER:
        yield from _quoted_elsewhere(archive, run_id)
    if selected[0].source == RECORDER:
        lost = _LOSSES.get(event.type)
    elif (event.phase, event.step) == ("judge", "done"):
        lost = "the verdict with its signals"
    else:
        lost = {"finding": "this finding", "screenshot": "this screenshot"}.get(event.type)
    kept = list(_same_elsewhere(archive, run_id, selected))
    # The state shows the first observation of an event.
    shown = any(other.position < selected[0].position for other in kept)
    if lost and not shown:
        yield f"The audit's state will no longer show {lost}."
    for other in kept:
        where = "in the log and in the audit's state" if shown else "in the log, where `veritas events` shows it"
        yield (
            f"The same event also arrived over {other.source}, and stays {where}; without --source both are redacted."
        )


def redact(
    archive: Archive,
    run_id: str,
    selected: Sequence[RecordedEvent],
    *,
    reason: str,
    by: str,
    clock: Callable[[], float] = time.time,
) -> Redaction:
    """Redact *selected*, observations of one run, in one transaction.

    Args:
        archive: The log.
        run_id: The run.
        selected: The observations, at least one.
        reason: Why they are redacted, for the readers of the log.
        by: Who redacts them.
        clock: Returns the time, in seconds since the epoch.

    Raises:
        UsageError: The reason or the name is empty, or another process has redacted them meanwhile.
        store.errors.StoreError: The log cannot be written.
    """
    # With a character that no database can store, PostgreSQL's guard could not read the event.
    reason, by = (storable(text).strip() for text in (reason, by))
    for option, text in (("--reason", reason), ("--by", by)):
        if not text:
            raise UsageError(f"The value of {option} is empty; the log records it with the redaction, so give one.")
    now = clock()

    def make_record(observation: Observation, number: int) -> Record:
        body = ObservationRedacted(observation._asdict(), reason, by).encode(seq=number, timestamp=now)
        event = decode_event(body)
        envelope = (run_id, RECORDER, number, event.type, event.phase, event.step, round(now * _MICRO))
        return Record(*envelope, body, schema_version=current_version())

    observations = [Observation(event.source, event.seq) for event in selected]
    outcome = archive.log.redact(run_id, observations, make_record, RunSummary(run_id))
    if not outcome.erased:
        first = next(event for event in archive.events(run_id) if event.position == selected[0].position)
        raise UsageError(_already_redacted(run_id, first))
    return outcome


def _quoting(archive: Archive, run_id: str, seq: int) -> Iterator[RecordedEvent]:
    """Yield the recorded differences that quote an event, and those between states, which may quote it."""
    for recorded in archive.recorder_events(DifferenceFound.type, run_id=run_id):
        difference = recorded.from_recorder
        if isinstance(difference, DifferenceFound) and (difference.before, difference.after) != (None, None):
            first, last = difference.first, difference.last
            if first is None or last is None or first <= seq <= last:
                yield recorded


def _quoted_elsewhere(archive: Archive, run_id: str) -> Iterator[str]:
    """Yield a sentence for each other run that may quote an event of this one, because it was compared with it."""
    for other in archive.runs(run_id.rpartition(".")[0]):
        for recorded in archive.recorder_events(ComparisonMade.type, run_id=other):
            comparison = recorded.from_recorder
            if not isinstance(comparison, ComparisonMade) or other == run_id:
                continue
            if comparison.differences and run_id in comparison.runs:
                yield (
                    f"Run {other!r} was compared with this one and may quote the event: look at its difference_found"
                    " events, and redact those that do with --source recorder."
                )


def _same_elsewhere(archive: Archive, run_id: str, selected: Sequence[RecordedEvent]) -> Iterator[RecordedEvent]:
    """Yield the other observations of the same event, which are not to be redacted."""
    sources = {each.source for each in selected}
    if selected[0].source == RECORDER:
        return
    for other in archive.events(run_id):
        same = other.seq == selected[0].seq and other.source != RECORDER and other.source not in sources
        if same and other.redacted is None and is_numbered(other):
            yield other


def _already_redacted(run_id: str, event: RecordedEvent) -> str:
    who_and_why = str(event.redacted)[1:-1].removeprefix("redacted ")
    return f"Event {event.seq} of run {run_id!r} was already redacted {who_and_why}."
