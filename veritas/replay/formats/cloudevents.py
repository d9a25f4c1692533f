"""The `cloudevents` format: CloudEvents 1.0 in their JSON format, one a line.

`source` and `id` together identify an observation, which is a run, a source and a number. They are the same in every
replay, so that a consumer can recognise an event that it already has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from veritas.archive.event_json import event_fields
from veritas.events.json import json_line
from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.formatting import iso_time


def as_cloudevents(events: Iterable[TimedEvent]) -> Iterator[bytes]:
    """Write each event as a CloudEvent, whose `data` is the object that the `jsonl` format writes."""
    sources: dict[str, str] = {}
    for offset, recorded in events:
        source = sources.get(recorded.run_id)
        if source is None:
            source = sources[recorded.run_id] = f"urn:veritas:{quote(recorded.run_id, safe='')}"
        yield json_line(
            _attributes(recorded, source) | {"data": {"offset": round(offset, 6), **event_fields(recorded)}}
        )


def _attributes(recorded: RecordedEvent, source: str) -> dict[str, Any]:
    event = recorded.event
    attributes = {
        "specversion": "1.0",
        "id": f"{recorded.source}-{recorded.seq}",
        "source": source,
        "type": f"veritas.{_escaped(event.type) or 'event'}",
        "time": iso_time(event.timestamp) or iso_time(recorded.recorded_at),
        "datacontenttype": "application/json",
    }
    if event.phase or event.step:
        attributes["subject"] = _escaped(f"{event.phase}/{event.step}")
    return attributes


def _escaped(text: str) -> str:
    """Escape the characters that an attribute must not contain: controls, surrogates, noncharacters."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
