"""The `jsonl` format: all fields of each event, as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from veritas.archive.event_json import event_fields
from veritas.events.json import json_line
from veritas.events.recorded import TimedEvent


def as_jsonl(events: Iterable[TimedEvent]) -> Iterator[bytes]:
    """Write each event as one line of JSON, with its `offset` in seconds."""
    for offset, recorded in events:
        yield json_line({"offset": round(offset, 6), **event_fields(recorded)})
