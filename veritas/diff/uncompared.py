"""A run whose transports were to be compared and could not be, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from veritas.formatting import count

ONE_TRANSPORT = "one_transport"
ABANDONED = "abandoned"
RUNNING = "running"
FAILED = "failed"
REDACTED = "redacted"
INTERRUPTED = "interrupted"

_SENTENCES = {
    ABANDONED: "the process that recorded it is gone, and nobody wrote its end",
    RUNNING: "it has not ended yet",
    INTERRUPTED: "it was interrupted, so that its transports may have brought different parts of it",
}


@dataclass(frozen=True)
class Uncompared:
    """A run whose transports could not be compared.

    Attributes:
        run_id: The run.
        reason: `one_transport`, `abandoned`, `running`, `interrupted`, `redacted`, or `failed`: one of the runs that it
            takes did.
        counts: How many events came, by transport.
        redacted: How many events could not be compared, because what they said was removed from the log.
        error: What went wrong, where a run failed.
    """

    run_id: str
    reason: str
    counts: Mapping[str, int] = field(default_factory=dict)
    redacted: int = 0
    error: str | None = None

    @property
    def sentence(self) -> str:
        """The reason in words."""
        if self.reason == ONE_TRANSPORT:
            carried = [f"{count(amount, 'event')} over {source}" for source, amount in self.counts.items() if amount]
            return f"only one transport brought any: {carried[0]}" if carried else "no event came over either transport"
        if self.reason == REDACTED:
            return f"what {count(self.redacted, 'event')} said was removed, and the rest is equal"
        return self.error or _SENTENCES[self.reason]
