"""The formats that a recorded run can be written in; each is a pipeline of small generators in its own file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from veritas.events.recorded import TimedEvent
from veritas.replay.formats.asciicast import as_asciicast
from veritas.replay.formats.base import Context, Format, Kind
from veritas.replay.formats.client_messages import as_client_messages
from veritas.replay.formats.cloudevents import as_cloudevents
from veritas.replay.formats.har import as_har
from veritas.replay.formats.jsonl import as_jsonl
from veritas.replay.formats.otlp import as_otlp
from veritas.replay.formats.progress_lines import as_progress_lines
from veritas.replay.formats.terminal import as_terminal


def _put_into_queue(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    from veritas.replay.formats.queue import put_into_queue  # which imports what starts processes

    return put_into_queue(events, context)


FORMATS: Mapping[str, Format] = {
    "terminal": Format(as_terminal, Kind.LINES, stateful=True),
    "markers": Format(as_progress_lines, Kind.STREAM, single_run=True),
    "queue": Format(_put_into_queue, Kind.NO_OUTPUT, single_run=True),
    "client": Format(as_client_messages, Kind.STREAM, stateful=True, single_run=True),
    "jsonl": Format(lambda events, context: as_jsonl(events), Kind.STREAM),
    "cloudevents": Format(lambda events, context: as_cloudevents(events), Kind.STREAM),
    "cast": Format(as_asciicast, Kind.DOCUMENT, stateful=True),
    "otlp": Format(as_otlp, Kind.DOCUMENT, stateful=True),
    "har": Format(as_har, Kind.DOCUMENT, single_run=True),
}


__all__ = ["FORMATS", "Context", "Format", "Kind"]
