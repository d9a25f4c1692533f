"""Records for the tests to append."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from store.log import Attachment, Observation, Record

RUN = "vrts_00000000000000aa.1"
PNG = Attachment(b"\x89PNG\r\n\x1a\nnot really", "image/png")


def record(seq: Any, body: Any = None, **changes: Any) -> Record:
    """Return a record like those of an audit."""
    fields: dict[str, Any] = {
        "run_id": RUN,
        "source": "queue",
        "type": "progress",
        "phase": "scout",
        "step": "navigating",
        "emitted_at": 1_700_000_000_000_000,
    }
    return Record(seq=seq, body=body if body is not None else f'{{"seq":{seq}}}'.encode(), **fields | changes)


def records(first: int, last: int, **changes: Any) -> list[Record]:
    """Return records with the numbers from *first* to *last*."""
    return [record(seq, **changes) for seq in range(first, last + 1)]


def redaction(seq: int, *, of: tuple[str, int], **changes: Any) -> Record:
    """Return the recorder's event that names an observation as redacted."""
    named = {"source": of[0], "seq": of[1]}
    body = json.dumps({"type": "observation_redacted", "observation": named, "reason": "asked for"}).encode()
    return record(
        seq, body, **{"source": "recorder", "type": "observation_redacted", "phase": "", "step": ""} | changes
    )


def redaction_records(run_id: str = RUN) -> Callable[[Observation, int], Record]:
    """Return a function that creates the event that names an observation, for `EventLog.redact`."""
    return lambda observation, seq: redaction(seq, of=observation, run_id=run_id)
