"""The output of `kubectl logs` with `--prefix` or `--timestamps`, and of `docker logs --timestamps`.

A line begins with `[pod/NAME/CONTAINER] `, with a time and a space, or with both.
"""

from __future__ import annotations

import re

from veritas.recording.capture.entry import Entry

_LINE = re.compile(
    rb"(?:\[((?:pod|job|deployment|replicaset|service)/[^\s\]]+)\] )?"
    rb"(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))(?: |$))?"
)


def parse(line: bytes) -> Entry | None:
    """Return the entry in a line; None if it begins with neither."""
    found = _LINE.match(line)
    if found is None or not found.end():
        return None
    program = (found[1] or b"").decode("utf-8", "backslashreplace")
    time = None if found[2] is None else found[2].decode()
    return Entry(program, line[found.end() :] + b"\n", time=time)
