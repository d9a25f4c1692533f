"""A program that does all that a program should not: `python tests/channels/hostile.py WHAT`.

It knows nothing of VERITAS and writes to its standard output as it pleases.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

NOISE = 1_000_000
GRANDCHILDREN, OF_EACH = 3, 200
LONG = 50 * 1024 * 1024


def line(seq: int, **fields: object) -> bytes:
    """Return a marked line."""
    return b"##PROGRESS:" + json.dumps({"phase": "scout", "step": "x", "seq": seq, **fields}).encode() + b"\n"


def write(data: bytes) -> None:
    """Write all of it."""
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]


def noise() -> None:
    """A million lines of noise, with an event after each tenth of them."""
    for number in range(10):
        write(b"".join(b"noise %d\n" % index for index in range(NOISE // 10)))
        write(line(number + 1))


def stderr() -> None:
    """More on stderr than any pipe holds, before the first event."""
    os.write(2, b"e" * 1_000_000)
    write(line(1))


def grandchildren() -> None:
    """Several processes and their threads, each with whole lines of its own on the one pipe."""
    started = [
        subprocess.Popen([sys.executable, __file__, "grandchild", str(1 + number * OF_EACH)])
        for number in range(GRANDCHILDREN)
    ]
    for process in started:
        process.wait()


def grandchild(first: str) -> None:
    """Two threads that write at once."""
    half = OF_EACH // 2
    threads = [
        threading.Thread(target=lambda start: [write(line(start + n)) for n in range(half)], args=(int(first) + part,))
        for part in (0, half)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def long_event() -> None:
    """A line of 50 MB with a marker, between two events."""
    write(line(1) + b'##PROGRESS:{"detail":"' + b"x" * LONG + b'"}\n' + line(2))


def long_output() -> None:
    """A line of 50 MB without one."""
    write(line(1) + b"y" * LONG + b"\n" + line(2))


def bytes_of_all_kinds() -> None:
    """NULs, bytes that are no UTF-8, CRLF, a marker inside a string, no newline before a marker, none at the end."""
    write(b"\0\0 nul\n")
    write(line(1, detail="\0 and ##PROGRESS:{} inside"))
    write(b"\xff\xfe no text ")
    write(line(2).replace(b"\n", b"\r\n"))
    write(b"##PROGRESS:\xff\xfe\n")
    write(b"loading..." + line(3).rstrip(b"\n"))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
