"""One run whose every event went over both transports, held against itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from veritas.archive import Archive
from veritas.core.recorder_events import DifferenceFound
from veritas.diff.differences import Side
from veritas.diff.transports import TransportComparison
from veritas.errors import UsageError
from veritas.projections.audit_state import AuditState

_VALIDATE = "validate"  # the mode in which every event goes over both


@dataclass(frozen=True)
class BothTransports:
    """How what came over the queue and what came over stdout differ.

    Attributes:
        run: The run.
        counts: How many events came, by transport.
        differences: What differs.
        redacted: How many events could not be compared, because what they said was removed from the log.
        latency: Which transport was first and how long either took; see `veritas.diff.latency`.
    """

    run: Side
    counts: dict[str, int]
    differences: list[DifferenceFound]
    redacted: int
    latency: dict[str, Any]

    @property
    def equal(self) -> bool:
        """Whether both delivered the same, byte for byte and in the same order, and there was something to deliver."""
        return not self.differences and all(self.counts.values())

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values; `run` is as `Side` has it, a difference as `difference_found` in the log has it."""
        return {
            "equal": self.equal,
            "run": asdict(self.run),
            "counts": self.counts,
            "differences": [asdict(difference) for difference in self.differences],
            "redacted": self.redacted,
            "latency": self.latency,
        }


def compare_transports(archive: Archive, run_id: str) -> BothTransports:
    """Compare a run's transports.

    Raises:
        UsageError: The run did not use both.
        store.errors.StoreError: The log cannot be read.
    """
    comparison = TransportComparison(lambda: archive.events(run_id))
    state = AuditState.of(archive.events(run_id))
    if state.decision.mode != _VALIDATE if state.decision else not all(comparison.counts.values()):
        raise UsageError(
            f"Run {run_id!r} did not send its events over both transports; name a second run to compare it with, "
            "or audit with --validate-ipc."
        )
    return BothTransports(
        run=Side.of(state, state.emitted),
        counts=comparison.counts,
        differences=list(comparison.differences()),
        redacted=comparison.redacted,
        latency=comparison.latency.as_dict(),
    )
