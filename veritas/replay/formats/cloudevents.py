"""CloudEvents 1.0 in their JSON format, one a line.

`source` and `id` together name an observation, which is a run, a source and a number. So a replay gives an event the
same name each time, and whoever has it already can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from veritas.events.json import json_line
from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.formatting import utc_text
from veritas.replay.formats.jsonl import event_fields


def as_cloudevents(events: Iterable[TimedEvent]) -> Iterator[bytes]:
    """Write each event as a CloudEvent, whose `data` is what `jsonl` has of it."""
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
        "type": f"veritas.{_sayable(event.type) or 'event'}",
        "time": utc_text(event.timestamp) or utc_text(recorded.recorded_at),
        "datacontenttype": "application/json",
    }
    if event.phase or event.step:
        attributes["subject"] = _sayable(f"{event.phase}/{event.step}")
    return attributes


def _sayable(text: str) -> str:
    """Return *text* without the characters that an attribute must not have: controls, surrogates, noncharacters."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
