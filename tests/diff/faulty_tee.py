"""A program that sends its events over both transports, with a fault in one of them.

`python -m tests.diff.faulty_tee SIDE FAULT COUNT`
"""

from __future__ import annotations

import sys

from tests.diff.faulty_sender import FAULTS, FaultySender
from veritas.channels.queue import QueueSender
from veritas.channels.stdout import LineTrackingStdout, StdoutSender
from veritas.channels.tee import TeeSender
from veritas.core.ipc import deserialize_queue_from_env
from veritas.events.progress import ProgressEvent, encode_event


def main(side: str, fault: str, count: int) -> None:
    stdout = StdoutSender(LineTrackingStdout.take_over_stdout())
    queue = deserialize_queue_from_env()
    assert queue is not None
    faults = {"queue": "none", "stdout": "none", side: fault}
    sender = TeeSender(
        FaultySender(QueueSender(queue, stdout, resend=False), FAULTS[faults["queue"]]()),
        FaultySender(stdout, FAULTS[faults["stdout"]]()),
    )
    for seq in range(1, count + 1):
        sender.send(encode_event(_event(seq, count)))
    sender.close(count)


def _event(seq: int, count: int) -> ProgressEvent:
    if seq == count // 2:
        return ProgressEvent("screenshot", "vision", "screenshot", seq=seq, data=b"\x89PNG\r\n\x1a\n" * 2000)
    summary = {"price": seq + 0.125, "words": ["née", "plain"]} if seq % 10 == 0 else {"plain": seq}
    detail = f"Größe {seq}" if seq % 5 == 0 else f"size {seq}"
    return ProgressEvent(phase="scout", step="page", pct=50, seq=seq, detail=detail, summary=summary)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
