"""The output of `docker compose up`, `docker compose logs` and `docker service logs`: `web-1  | …`, also in colours."""

from __future__ import annotations

import re

from veritas.recording.capture.entry import Entry
from veritas.recording.capture.formats.patterns import COLOUR, RESET

# Colours after the bar are the program's own, except for the reset after a coloured name.
_LINE = re.compile(
    rb"(?:(?P<plain>[\w.@:/-]+) +\|(?: |$)|(?:%b)+(?P<coloured>[\w.@:/-]+) *(?:%b)? *\|(?:(?:%b)? |$)(?:%b)?)"
    % (COLOUR, RESET, RESET, RESET)
    + rb"(?:(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) )?"  # --timestamps
)


def parse(line: bytes) -> Entry | None:
    """Return the entry in a line; None if it does not begin with a name and a bar."""
    found = _LINE.match(line)
    if found is None:
        return None
    program = (found["plain"] or found["coloured"]).decode("utf-8", "backslashreplace")
    time = None if found["time"] is None else found["time"].decode()
    return Entry(program, line[found.end() :] + b"\n", time=time)
