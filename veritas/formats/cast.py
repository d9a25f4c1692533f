"""A recording for asciinema of what a terminal showed: asciicast v2, with a marker wherever a phase begins.

The format is described at https://docs.asciinema.org/manual/asciicast/v2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from veritas.core.recorded import RecordedEvent, TimedEvent
from veritas.core.recorder_events import AuditRequested
from veritas.formats.format import Context
from veritas.formats.terminal import shown
from veritas.json_text import json_line
from veritas.wording import harmless

WIDTH, HEIGHT = 120, 30

_YEAR_10000 = 253_402_300_800


def as_cast(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Write the header, and then what is shown and when; without any event there is a header alone."""
    events = iter(events)
    first = next(events, None)
    header: dict[str, object] = {"version": 2, "width": WIDTH, "height": HEIGHT}
    if context.idle_limit < math.inf:
        header["idle_time_limit"] = context.idle_limit
    yield json_line(header | (_about(*first) if first else {}))
    for each in shown(chain((first,) if first else (), events), context):
        moment = round(each.offset, 6)
        for label in each.begun:
            yield msgspec.json.encode([moment, "m", harmless(label)]) + b"\n"
        if each.lines:
            yield msgspec.json.encode([moment, "o", "".join(f"{line}\r\n" for line in each.lines)]) + b"\n"


def _about(offset: float, recorded: RecordedEvent) -> dict[str, object]:
    """Return what the header says of the run that begins with *recorded*."""
    about: dict[str, object] = {}
    start = min(recorded.event.timestamp, recorded.recorded_at) - offset
    if 0 <= start < _YEAR_10000:
        about["timestamp"] = int(start)
    said = recorded.from_recorder
    if isinstance(said, AuditRequested) and said.url:
        about["title"] = harmless(f"VERITAS audits {said.url}")
    return about
