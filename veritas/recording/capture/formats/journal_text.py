"""The lines of `journalctl` and of syslog: `Nov 29 08:00:00 host program[123]: …`.

journalctl writes the time in the form that `--output` names (short, short-iso, short-precise, short-full and others).
Instead of a message that is not printable text it writes `[16.0K blob data]`.
"""

from __future__ import annotations

import re

from veritas.recording.capture.entry import Entry
from veritas.recording.capture.formats.patterns import LEVEL

_LINE = re.compile(
    rb"((?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?"  # short, short-precise
    rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?[+-]\d\d:?\d\d"  # short-iso, short-iso-precise, rsyslog
    rb"|[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Z]\S*"  # short-full
    rb"|\d{9,11}\.\d+"  # short-unix
    rb"|\[ *\d+\.\d+\]))"  # short-monotonic
    rb" (?!%b\b)((?:\S+ )?[^\s:\[\]]+(?:\[\d+\])?): ?" % LEVEL  # the host is not there with --no-hostname
)

_BLOB = re.compile(rb"\[[\d.]+[BKMGT]? blob data\]")
_LEFT_OUT = "journalctl left out the message, which is not text for a terminal; with -o json --all it writes it"


def parse(line: bytes) -> Entry | None:
    """Return the entry in a line; None if it does not begin with a time, a host and a program."""
    found = _LINE.match(line)
    if found is None:
        return None
    program = found[2].decode("utf-8", "backslashreplace")
    data, time = line[found.end() :], found[1].decode()
    if _BLOB.fullmatch(data):
        return Entry(program, line + b"\n", time=time, loss=_LEFT_OUT)
    return Entry(program, data + b"\n", time=time)
