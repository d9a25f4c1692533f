"""The `cast` format: what a terminal showed, as asciicast v2 for asciinema, with a marker where each phase begins.

The format is described at https://docs.asciinema.org/manual/asciicast/v2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from veritas.events.json import json_line
from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.events.recorder_events import AuditRequested
from veritas.formatting import escape_control_characters
from veritas.replay.formats.base import Context
from veritas.replay.formats.terminal import initial_lines, shown_events

WIDTH, HEIGHT = 120, 30

_YEAR_10000 = 253_402_300_800


def as_asciicast(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Write the header, the state where the selected part begins, and then what is shown, timed from there.

    Without any event there is only a header.
    """
    events = iter(events)
    first = next(events, None)
    header: dict[str, object] = {"version": 2, "width": WIDTH, "height": HEIGHT}
    if context.idle_limit < math.inf:
        header["idle_time_limit"] = context.idle_limit
    yield json_line(header | (_about(*first, context) if first else {}))
    if context.initial_states:
        yield _output(0.0, initial_lines(context))
    for each in shown_events(chain((first,) if first else (), events), context):
        time = round(max(each.offset - context.begin, 0.0), 6)
        for label in each.phase_labels:
            yield msgspec.json.encode([time, "m", escape_control_characters(label)]) + b"\n"
        if each.lines:
            yield _output(time, each.lines)


def _output(time: float, lines: Iterable[str]) -> bytes:
    return msgspec.json.encode([time, "o", "".join(f"{line}\r\n" for line in lines)]) + b"\n"


def _about(offset: float, recorded: RecordedEvent, context: Context) -> dict[str, object]:
    """Return the header's start time and title for the run whose first event is *recorded*."""
    about: dict[str, object] = {}
    start = min(recorded.event.timestamp, recorded.recorded_at) - offset + context.begin
    if 0 <= start < _YEAR_10000:
        about["timestamp"] = int(start)
    request = recorded.from_recorder
    if isinstance(request, AuditRequested) and request.url:
        about["title"] = escape_control_characters(f"VERITAS audits {request.url}")
    return about
