"""Why an audit got the mode that it got, from what is recorded of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from veritas.archive.archive import Archive
from veritas.errors import UsageError
from veritas.events.json import as_number
from veritas.events.recorder_events import IpcFellBack, IpcModeSelected, RecorderEvent, RunFinished


@dataclass(frozen=True)
class Explanation:
    """A decision, and what became of it.

    Attributes:
        decision: As it was recorded, or as it would be.
        run_id: The run; None where there was none.
        effective_mode: What really carried its events; None where that is not known.
        fell_back: Why they changed transport; None where they did not.
    """

    decision: IpcModeSelected
    run_id: str | None = None
    effective_mode: str | None = None
    fell_back: str | None = None

    @property
    def sentence(self) -> str:
        """The decision in one sentence."""
        got = "It would get" if self.run_id is None else "It got"
        said, bucket, share = self.decision, as_number(self.decision.bucket), as_number(self.decision.share)
        if said.reason == "STATIC":
            return f"{got} {said.mode} because {said.origin} said so; the rollout was not asked."
        if bucket is None or share is None:
            return f"{got} {said.mode} by {said.origin}."
        side = "is below" if bucket < share else "is not below"
        return (
            f"{got} {said.mode} because its bucket {bucket:.4f} in the rollout {said.origin} {side} the share"
            f" {share:.4g}, which comes from {said.share_origin}."
        )

    def pairs(self) -> Iterator[tuple[str, str | None]]:
        """Yield what it rests on, as names and values."""
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
            **asdict(self.decision),
            "effective_mode": self.effective_mode,
            "fell_back": self.fell_back,
            "sentence": self.sentence,
        }


def explained(archive: Archive, run_id: str) -> Explanation:
    """Explain the decision that a run's record tells of.

    Raises:
        UsageError: It tells of none.
    """
    found: dict[str, RecorderEvent] = {}
    for recorded in archive.recorder_events(IpcModeSelected.type, RunFinished.type, IpcFellBack.type, run_id=run_id):
        if (said := recorded.from_recorder) is not None:
            found[said.type] = said
    decision, end, change = (found.get(kind.type) for kind in (IpcModeSelected, RunFinished, IpcFellBack))
    if not isinstance(decision, IpcModeSelected):
        raise UsageError(f"Run {run_id!r} has no record of how its mode was chosen; it was ingested, or redacted.")
    effective = end.effective_mode if isinstance(end, RunFinished) else None
    if isinstance(change, IpcFellBack):
        return Explanation(decision, run_id, effective, f"from {change.from_mode} to {change.to_mode}: {change.cause}")
    return Explanation(decision, run_id, effective)
