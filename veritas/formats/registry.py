"""All formats, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from veritas.formats.cast import as_cast
from veritas.formats.client import as_client_messages
from veritas.formats.cloudevents import as_cloudevents
from veritas.formats.format import Context, Format, Kind, TimedEvent
from veritas.formats.jsonl import as_jsonl
from veritas.formats.markers import as_markers
from veritas.formats.otlp import as_otlp
from veritas.formats.terminal import as_terminal


def _into_queue(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    from veritas.formats.queue import into_queue  # which imports what starts processes

    return into_queue(events, wire=context.wire, warn=context.warn, at_once=context.at_once)


FORMATS: Mapping[str, Format] = {
    "terminal": Format(lambda events, context: as_terminal(events), Kind.LINES),
    "markers": Format(lambda events, context: as_markers(events, wire=context.wire, warn=context.warn), Kind.STREAM),
    "queue": Format(_into_queue, Kind.ELSEWHERE),
    "client": Format(lambda events, context: as_client_messages(events), Kind.STREAM),
    "jsonl": Format(lambda events, context: as_jsonl(events), Kind.STREAM),
    "cloudevents": Format(lambda events, context: as_cloudevents(events), Kind.STREAM),
    "cast": Format(lambda events, context: as_cast(events), Kind.DOCUMENT),
    "otlp": Format(lambda events, context: as_otlp(events), Kind.DOCUMENT),
}
