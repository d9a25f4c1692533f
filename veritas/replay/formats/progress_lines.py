"""The lines that the child wrote, or would have written where a queue carried its events: `##PROGRESS:` and JSON.

A line that was to be an event and could not be read as one comes again as well, for whoever reads the others has to
live with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from veritas.channels.framing import EVENT_MARKER
from veritas.channels.messages import STDOUT
from veritas.events.progress import decode_event
from veritas.events.recorded import TimedEvent
from veritas.events.recorder_events import LineRejected
from veritas.replay.formats.base import Context
from veritas.replay.formats.queue import with_bytes


def as_progress_lines(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Write each of the child's events as its line, which holds the very bytes that were received."""
    for recorded in with_bytes(events, warn=context.warn):
        if recorded.source != "recorder":
            yield b"".join((EVENT_MARKER, _on_one_line(context.wire(recorded)), b"\n"))
        elif isinstance(said := recorded.from_recorder, LineRejected) and said.at_source == STDOUT:
            line = decode_event(context.wire(recorded)).data or b""
            if len(line) == said.size and line.startswith(EVENT_MARKER):  # kept whole, from its marker on
                yield line + b"\n"


def _on_one_line(body: bytes) -> bytes:
    """Return JSON without line breaks, which it has only where a stranger put it into a queue like that.

    They can only stand between its values, for JSON lets none stand in its strings.
    """
    return body.replace(b"\n", b" ").replace(b"\r", b" ") if b"\n" in body else body
