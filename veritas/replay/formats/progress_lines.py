"""The `markers` format: the `##PROGRESS:` lines that the child wrote, or would have written instead of queue events.

Rejected lines are replayed too: a consumer of such lines must tolerate them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from veritas.channels.framing import EVENT_MARKER
from veritas.channels.messages import STDOUT
from veritas.events.progress import decode_event
from veritas.events.recorded import TimedEvent
from veritas.events.recorder_events import LineRejected
from veritas.replay.formats.base import Context
from veritas.replay.formats.queue import events_with_bytes


def as_progress_lines(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Write each of the child's events as a line with exactly the bytes that were received."""
    for recorded in events_with_bytes(events, warn=context.warn):
        if recorded.source != "recorder":
            yield b"".join((EVENT_MARKER, _on_one_line(context.wire(recorded)), b"\n"))
        elif isinstance(rejected := recorded.from_recorder, LineRejected) and rejected.at_source == STDOUT:
            line = decode_event(context.wire(recorded)).data or b""
            if len(line) == rejected.size and line.startswith(EVENT_MARKER):  # recorded whole, from its marker on
                yield line + b"\n"


def _on_one_line(body: bytes) -> bytes:
    """Replace the line breaks in JSON with spaces; only JSON that another program put into the queue has any.

    JSON allows line breaks only between its values, not in its strings.
    """
    return body.replace(b"\n", b" ").replace(b"\r", b" ") if b"\n" in body else body
