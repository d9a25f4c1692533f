"""The explanation of why an audit got its mode, from its recorded decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from veritas.archive.archive import Archive
from veritas.core.mode_decision import IPC_MODE_QUEUE, IPC_MODE_STDOUT, IPC_MODE_VALIDATE
from veritas.errors import UsageError
from veritas.events.json import as_number
from veritas.events.recorder_events import IpcFellBack, IpcModeSelected, RecorderEvent, RunFinished

_TRANSPORTS = {IPC_MODE_QUEUE: "the queue", IPC_MODE_STDOUT: "stdout", IPC_MODE_VALIDATE: "both transports"}
_COMMANDS = ("record", "ingest", "demo")  # they set the mode of their runs


@dataclass(frozen=True)
class Explanation:
    """A decision, and what carried the run's events in the end.

    Attributes:
        decision: The decision as it was recorded, or as it would be made.
        run_id: The run; None if there is no run.
        effective_mode: The mode that carried its events; None if it is not known.
        fell_back: Why the run changed transport; None if it did not.
    """

    decision: IpcModeSelected
    run_id: str | None = None
    effective_mode: str | None = None
    fell_back: str | None = None

    @property
    def sentence(self) -> str:
        """The decision in one sentence."""
        decision, bucket, share = self.decision, as_number(self.decision.bucket), as_number(self.decision.share)
        transport = _TRANSPORTS.get(decision.mode, decision.mode)
        got = f"It would get {transport}" if self.run_id is None else f"It got {transport}"
        if decision.reason == "STATIC":
            return f"{got}, as set by {_origin(decision.origin)}; no rollout was consulted."
        if bucket is None or share is None:
            return f"{got}, as set by {_origin(decision.origin)}."
        side = "is below" if bucket < share else "is not below"
        return (
            f"{got} because its bucket {bucket:.4f} in the rollout {decision.origin} {side} the share"
            f" {share:.4g}, which comes from {_origin(decision.share_origin)}."
        )

    def pairs(self) -> Iterator[tuple[str, str | None]]:
        """Yield the details of the decision, as names and values."""
        bucket, share = as_number(self.decision.bucket), as_number(self.decision.share)
        yield "run", self.run_id
        yield "configured", self.decision.mode
        yield "effective", self.effective_mode
        yield "reason", self.decision.reason
        yield "origin", self.decision.origin
        yield "bucket", None if bucket is None else f"{bucket:.6f}"
        yield "share", None if share is None else f"{share:.4g}"
        yield "share from", self.decision.share_origin
        yield "fell back", self.fell_back

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "run_id": self.run_id,
            **structs.asdict(self.decision),
            "effective_mode": self.effective_mode,
            "fell_back": self.fell_back,
            "sentence": self.sentence,
        }


def _origin(origin: str | None) -> str:
    """Return the origin of a mode or a share in a sentence: a flag, a variable, a command or a stage."""
    if origin in _COMMANDS:
        return f"`veritas {origin}`"
    return "the default" if origin == "default" else str(origin)


def explain(archive: Archive, run_id: str) -> Explanation:
    """Explain the recorded decision of a run.

    Raises:
        UsageError: No decision is recorded.
    """
    events: dict[str, RecorderEvent] = {}
    for recorded in archive.recorder_events(IpcModeSelected.type, RunFinished.type, IpcFellBack.type, run_id=run_id):
        if (event := recorded.from_recorder) is not None:
            events[event.type] = event
    decision, end, change = (events.get(kind.type) for kind in (IpcModeSelected, RunFinished, IpcFellBack))
    if not isinstance(decision, IpcModeSelected):
        raise UsageError(f"Run {run_id!r} has no record of how its mode was chosen; it was ingested, or redacted.")
    effective = end.effective_mode if isinstance(end, RunFinished) else None
    if isinstance(change, IpcFellBack):
        return Explanation(decision, run_id, effective, f"from {change.from_mode} to {change.to_mode}: {change.cause}")
    return Explanation(decision, run_id, effective)
