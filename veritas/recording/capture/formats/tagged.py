"""Lines that begin with a name: `name<TAB>…` (GNU parallel's --tag), `[name] …`, `name: …` or `name> …`."""

from __future__ import annotations

import re

from veritas.recording.capture.entry import Entry
from veritas.recording.capture.formats.patterns import COLOUR, LEVEL, RESET

# Colours after the name are the program's own, except for the reset of a coloured name.
_LINE = re.compile(
    rb"(?:%b)*(?:(?P<before_tab>[^\t\x1b#{]{1,200})(?:%b)?\t"
    rb"|\[(?P<bracketed>[\w.@/-]{1,200})\](?:%b)? ?"
    rb"|(?P<named>[\w.@/-]{1,200})(?:%b)?[:>](?:%b)? )" % (COLOUR, RESET, RESET, RESET, RESET)
)
_NO_NAME = re.compile(rb"(?:%b|root|main|\d+[-:/.]\d[-:/.\d]*)" % LEVEL)  # a level, a logger, a time


def parse(line: bytes) -> Entry | None:
    """Return the entry in a line; None if it does not begin with the name of a program."""
    found = _LINE.match(line)
    if found is None:
        return None
    name = found["before_tab"] or found["bracketed"] or found["named"]
    if _NO_NAME.fullmatch(name):
        return None
    return Entry(name.decode("utf-8", "backslashreplace"), line[found.end() :] + b"\n")
