"""A recording for asciinema of what a terminal showed: asciicast v2, with a marker wherever a phase begins.

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
from veritas.formatting import harmless
from veritas.replay.formats.base import Context
from veritas.replay.formats.terminal import known, shown

WIDTH, HEIGHT = 120, 30

_YEAR_10000 = 253_402_300_800


def as_asciicast(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Write the header, then what was known where it begins, and then what is shown and when, reckoned from there.

    Without any event there is a header alone.
    """
    events = iter(events)
    first = next(events, None)
    header: dict[str, object] = {"version": 2, "width": WIDTH, "height": HEIGHT}
    if context.idle_limit < math.inf:
        header["idle_time_limit"] = context.idle_limit
    yield json_line(header | (_about(*first, context) if first else {}))
    if context.known:
        yield _output(0.0, known(context))
    for each in shown(chain((first,) if first else (), events), context):
        moment = round(max(each.offset - context.begin, 0.0), 6)
        for label in each.begun:
            yield msgspec.json.encode([moment, "m", harmless(label)]) + b"\n"
        if each.lines:
            yield _output(moment, each.lines)


def _output(moment: float, lines: Iterable[str]) -> bytes:
    return msgspec.json.encode([moment, "o", "".join(f"{line}\r\n" for line in lines)]) + b"\n"


def _about(offset: float, recorded: RecordedEvent, context: Context) -> dict[str, object]:
    """Return what the header says of the run that begins with *recorded*."""
    about: dict[str, object] = {}
    start = min(recorded.event.timestamp, recorded.recorded_at) - offset + context.begin
    if 0 <= start < _YEAR_10000:
        about["timestamp"] = int(start)
    said = recorded.from_recorder
    if isinstance(said, AuditRequested) and said.url:
        about["title"] = harmless(f"VERITAS audits {said.url}")
    return about
