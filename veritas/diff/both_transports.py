"""One run whose every event went over both transports, held against itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from veritas.archive import Archive
from veritas.core.recorded import RecordedEvent
from veritas.diff.differences import Side
from veritas.errors import UsageError
from veritas.projections.audit_state import AuditState
from veritas.projections.tee import TeeComparison, compare_tee
from veritas.wording import count

_VALIDATE = "validate"  # the mode in which every event goes over both


@dataclass(frozen=True)
class BothTransports:
    """How what came over the queue and what came over stdout differ.

    Attributes:
        run: The run.
        equal: Whether they are the same, byte for byte and in the same order.
        counts: How many events came, by transport.
        found: What differs, in words.
        redacted: How many events could not be compared, because what they said was removed from the log.
        comparison: All of it as JSON values.
    """

    run: Side
    equal: bool
    counts: dict[str, int]
    found: list[str]
    redacted: int
    comparison: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values: `run`, as `Side` has it, and the comparison."""
        return {"run": asdict(self.run), **self.comparison}


def compare_transports(archive: Archive, run_id: str) -> BothTransports:
    """Compare a run's transports.

    Raises:
        UsageError: The run did not use both.
        store.errors.StoreError: The log cannot be read.
    """
    state = AuditState()

    def folded() -> Iterator[RecordedEvent]:
        for recorded in archive.events(run_id):
            state.apply(recorded)
            yield recorded

    comparison = compare_tee(folded())
    if state.decision.mode != _VALIDATE if state.decision else not all(comparison.counts.values()):
        raise UsageError(
            f"Run {run_id!r} did not send its events over both transports; name a second run to compare it with, "
            "or audit with --validate-ipc."
        )
    return BothTransports(
        run=Side.of(state, state.emitted),
        equal=comparison.equal,
        counts=comparison.counts,
        found=list(_found(comparison)),
        redacted=comparison.redacted,
        comparison=comparison.as_dict(),
    )


def _found(comparison: TeeComparison) -> Iterator[str]:
    for source, numbers in comparison.missing.items():
        yield from (f"event {number} did not come over {source}" for number in numbers)
    for source, numbers in comparison.reordered.items():
        yield from (f"event {number} came behind a later one over {source}" for number in numbers)
    yield from (f"event {number} came with other bytes over either" for number in comparison.different)
    named = sum(map(len, [*comparison.missing.values(), *comparison.reordered.values(), comparison.different]))
    if comparison.differences > named:
        yield f"and {count(comparison.differences - named, 'difference')} more"
