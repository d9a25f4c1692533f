"""The processes that the benchmark of the channels starts: `python -m tests.benchmarks._channels_child PROGRAM …`.

An event's timestamp is the time at which its encoding begins, so the process that receives it knows how long it took.
"""

from __future__ import annotations

import os
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from veritas.events.progress import FIELDS, ProgressEvent, encode_event
from veritas.recording.child import open_sender

# With these fields, an event is 300 bytes long.
EVENT: dict[str, Any] = {
    "phase": "vision",
    "step": "analyzing",
    "pct": 42.5,
    "detail": "x" * 158,
    "summary": {"page": 7},
}
SCREENSHOT_BYTES = 5_000_000
STARTED = struct.Struct("d")  # the time of the start, before the bytes that go through a bare pipe


def burst(transport: str, count: str) -> None:
    """Send *count* events as fast as possible, the last with this process's peak memory."""
    sender = open_sender(transport)
    event = ProgressEvent(**EVENT)
    for seq in range(1, int(count)):
        event.seq = seq
        event.timestamp = time.time()
        sender.send(encode_event(event))
    event.seq = int(count)
    event.timestamp = time.time()
    event.summary = {"peak": peak()}
    sender.send(encode_event(event))
    sender.close(int(count))


def bare(count: str) -> None:
    """Write the same events without the channel: encode a dict that exists already with msgspec, write and flush."""
    write, flush, encode = sys.stdout.buffer.write, sys.stdout.buffer.flush, msgspec.json.encode
    event = bare_event()
    for seq in range(1, int(count) + 1):
        event["seq"] = seq
        event["timestamp"] = time.time()
        write(b"##PROGRESS:" + encode(event) + b"\n")
        flush()


def paced(transport: str, count: str, rate: str) -> None:
    """Send *count* events, *rate* per second."""
    sender = open_sender(transport)
    event = ProgressEvent(**EVENT)
    start = time.monotonic()
    for seq in range(1, int(count) + 1):
        time.sleep(max(0.0, start + seq / float(rate) - time.monotonic()))
        event.seq = seq
        event.timestamp = time.time()
        sender.send(encode_event(event))
    sender.close(int(count))


def screenshots(transport: str, pipe: str) -> None:
    """For each line on standard input, send the same bytes over the channel, or through the bare *pipe*."""
    sender = open_sender(transport)
    data = os.urandom(SCREENSHOT_BYTES)
    seq = 0
    for line in sys.stdin:
        if line == "pipe\n":
            os.write(int(pipe), STARTED.pack(time.time()))
            left = memoryview(data)
            while left:
                left = left[os.write(int(pipe), left) :]
        else:
            seq += 1
            event = ProgressEvent("screenshot", "vision", "analyzing", 42.5, timestamp=time.time(), seq=seq, data=data)
            sender.send(encode_event(event))
    sender.close(seq)


def put_one_by_one(queue: Any, count: int) -> None:
    """Put the same events into a manager's ordinary queue, one at a time."""
    for seq in range(1, count + 1):
        queue.put(bare_event() | {"seq": seq, "timestamp": time.time()})


def bare_event() -> dict[str, Any]:
    """Return an event's fields in the order of the wire format."""
    event = ProgressEvent(**EVENT)
    return {name: getattr(event, name) for name in FIELDS if name != "data"}


def peak(pid: int | str = "self") -> float:
    """Return a process's peak resident memory in MB; `getrusage` would include its parent's from before the exec."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    programs: dict[str, Callable[..., None]] = {
        "burst": burst,
        "bare": bare,
        "paced": paced,
        "screenshots": screenshots,
    }
    programs[sys.argv[1]](*sys.argv[2:])
