"""The files of Kubernetes' container runtime interface: `2026-11-29T08:00:00.123456789Z stdout F …`.

containerd, CRI-O and Podman write them. A line that the runtime has cut has P instead of F in all pieces but the last.
"""

from __future__ import annotations

import re

from veritas.recording.capture.entry import Entry

_LINE = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) (stdout|stderr) ([PF])(?::\S*)? ?")


def parse(line: bytes) -> Entry | None:
    """Return the entry in a line; None if it is not one of the interface."""
    found = _LINE.match(line)
    if found is None:
        return None
    time, stream, tag = found.groups()
    data = line[found.end() :]
    return Entry("", data if tag == b"P" else data + b"\n", stream.decode(), time.decode())
