"""One run whose every event went over both transports, held against itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from veritas.archive.archive import Archive
from veritas.core.rollout import IPC_MODE_VALIDATE
from veritas.diff.differences import Side
from veritas.diff.transports import TransportComparison
from veritas.errors import UsageError
from veritas.events.recorder_events import DifferenceFound
from veritas.formatting import count
from veritas.projections.audit_state import AuditState
from veritas.projections.descriptions import tell_equal, tell_redacted


@dataclass(frozen=True)
class BothTransports:
    """How what came over the queue and what came over stdout differ.

    Attributes:
        run: The run.
        counts: How many events came, by transport.
        found: All that differs.
        compared: How many events could be held against each other.
        redacted: How many events could not be compared, because what they said was removed from the log.
        latency: Which transport was first, and how long either took, as `Latency.as_dict` has it.
    """

    run: Side
    counts: dict[str, int]
    found: list[DifferenceFound]
    compared: int
    redacted: int
    latency: dict[str, Any]

    @property
    def equal(self) -> bool:
        """Whether all that can be compared was delivered the same, in bytes and in order, and there is any of it."""
        return not self.found and self.compared > 0

    @property
    def outcome(self) -> str:
        """What it came to, in a few words."""
        if self.found:
            return count(len(self.found), "difference")
        return tell_equal(self.redacted) if self.equal else f"nothing could be compared; {tell_redacted(self.redacted)}"

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values.

        Returns:
            `run`, as `Side` has it; `equal`; `counts` of events by transport; `compared`, a number of events;
            `differences`, as `difference_found` has them; `redacted`, a number of events; `latency`.
        """
        return {
            "run": self.run.as_dict(),
            "equal": self.equal,
            "counts": self.counts,
            "compared": self.compared,
            "differences": [asdict(difference) for difference in self.found],
            "redacted": self.redacted,
            "latency": self.latency,
        }


def compare_transports(archive: Archive, run_id: str) -> BothTransports:
    """Compare a run's transports.

    Raises:
        UsageError: The run did not use both.
        store.errors.StoreError: The log cannot be read.
    """
    state = AuditState.of(archive.events(run_id))
    comparison = TransportComparison(lambda: archive.events(run_id))
    validated = state.decision is None or state.decision.mode == IPC_MODE_VALIDATE
    if not validated or not all(comparison.counts.values()):
        raise UsageError(
            f"Run {run_id!r} did not send its events over both transports; name a second run to compare it with, "
            "or audit with --validate-ipc."
        )
    return BothTransports(
        run=Side.of(state, state.emitted),
        counts=comparison.counts,
        found=list(comparison.differences()),
        compared=comparison.compared,
        redacted=comparison.redacted,
        latency=comparison.latency.as_dict(),
    )
