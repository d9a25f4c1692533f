"""A program whose queue and stdout deliver the same, or not: `python -m tests.diff.faulty_emitter FAULT`.

The faults: `none`; `drop`, an event that the queue does not get; `round`, a number that stdout rounds; `mangle`, a text
that stdout mangles, with terminal control sequences; and `silent`, a queue that gets nothing.
"""

from __future__ import annotations

import json
import sys

from veritas.core.ipc import deserialize_queue_from_env
from veritas.events.progress import ProgressEvent, encode_event


def main(fault: str) -> None:
    queue = deserialize_queue_from_env()
    assert queue is not None
    for seq in range(1, 6):
        event = ProgressEvent("progress", "scout", "x", detail=f"é {seq}", seq=seq, summary={"price": 1.25})
        if fault != "silent" and not (fault == "drop" and seq == 4):
            queue.put(event)
        body = encode_event(event)
        if seq == 4 and fault in ("round", "mangle"):
            event = json.loads(body)
            if fault == "round":
                event["summary"]["price"] = 1.3
            else:
                event["detail"] = "? 4\x1b[2J"
            body = json.dumps(event).encode()
        sys.stdout.buffer.write(b"##PROGRESS:" + body + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
