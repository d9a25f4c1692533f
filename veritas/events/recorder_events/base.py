"""The base of the recorder's own events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from veritas.events.json import encode_json

RECORDER = "recorder"  # the source of these events
COMPLETED, FAILED, INTERRUPTED = "completed", "failed", "interrupted"  # how a run ends
ABANDONED = "abandoned"  # how another process ends a run whose recorder is gone


class RecorderEvent(msgspec.Struct, frozen=True):
    """An event of the recorder's own; `type` is its type in the log, in the past tense."""

    type: ClassVar[str]

    def encode(
        self,
        *,
        seq: int,
        timestamp: float,
        data: str | None = None,
        mask: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> bytes:
        """Return the wire form.

        Args:
            seq: The recorder's own number.
            timestamp: In seconds since the epoch.
            data: The reference that replaces an attachment; see `veritas.events.attachment`.
            mask: Returns the event's own members with the secrets in them masked.
        """
        members = msgspec.to_builtins(self)
        if mask is not None:
            members = mask(members)
        wire = {"type": self.type, "timestamp": timestamp, "seq": seq, **members}
        return encode_json(wire if data is None else wire | {"data": data})
