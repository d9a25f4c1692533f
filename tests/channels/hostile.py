"""A program whose output is hard to parse: `python tests/channels/hostile.py FUNCTION`.

It does not use VERITAS, and writes to its standard output directly.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

NOISE = 1_000_000
GRANDCHILDREN, EVENTS_EACH = 3, 200
LONG = 50 * 1024 * 1024


def line(seq: int, **fields: object) -> bytes:
    """Return a line with an event."""
    return b"##PROGRESS:" + json.dumps({"phase": "scout", "step": "x", "seq": seq, **fields}).encode() + b"\n"


def write(data: bytes) -> None:
    """Write all of *data*."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(1, rest) :]


def noise() -> None:
    """Write a million lines of noise, with an event after each tenth of them."""
    for number in range(10):
        write(b"".join(b"noise %d\n" % index for index in range(NOISE // 10)))
        write(line(number + 1))


def stderr() -> None:
    """Write more to stderr than a pipe holds, before the first event."""
    os.write(2, b"e" * 1_000_000)
    write(line(1))


def grandchildren() -> None:
    """Start several processes with threads that all write whole lines to the one pipe."""
    started = [
        subprocess.Popen([sys.executable, __file__, "grandchild", str(1 + number * EVENTS_EACH)])
        for number in range(GRANDCHILDREN)
    ]
    for process in started:
        process.wait()


def grandchild(first: str) -> None:
    """Write with two threads at once."""
    half = EVENTS_EACH // 2
    threads = [
        threading.Thread(target=lambda start: [write(line(start + n)) for n in range(half)], args=(int(first) + part,))
        for part in (0, half)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def long_event() -> None:
    """Write a line of 50 MB with a marker, between two events."""
    write(line(1) + b'##PROGRESS:{"detail":"' + b"x" * LONG + b'"}\n' + line(2))


def long_output() -> None:
    """Write a line of 50 MB without a marker, between two events."""
    write(line(1) + b"y" * LONG + b"\n" + line(2))


def bytes_of_all_kinds() -> None:
    """Write NULs, invalid UTF-8, CRLF, a marker in a string, one within a line, and no newline at the end."""
    write(b"\0\0 nul\n")
    write(line(1, detail="\0 and ##PROGRESS:{} inside"))
    write(b"\xff\xfe no text ")
    write(line(2).replace(b"\n", b"\r\n"))
    write(b"##PROGRESS:\xff\xfe\n")
    write(b"loading..." + line(3).rstrip(b"\n"))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
