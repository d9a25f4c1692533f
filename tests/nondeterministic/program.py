"""A program that audits the non-deterministic shop: `python -m tests.nondeterministic.program URL FAULT`.

It sends its events over the queue through a faulty sender if there is a queue, and over stdout otherwise.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

from tests.diff.faulty_sender import FAULTS, FaultySender
from veritas.channels.queue import QueueSender
from veritas.channels.sender import Sender
from veritas.channels.stdout import LineTrackingStdout, StdoutSender
from veritas.core.ipc import deserialize_queue_from_env
from veritas.events.progress import ProgressEvent, encode_event

PAGES = 24
EVENTS_OF_A_PAGE = 5  # 120 in all, so that the fault that drops every 97th drops one


def main(url: str, fault: str) -> None:
    stdout = StdoutSender(LineTrackingStdout.take_over_stdout())
    queue = deserialize_queue_from_env()
    sender: Sender = stdout if queue is None else FaultySender(QueueSender(queue, stdout), FAULTS[fault]())
    seq = 0
    for seq, event in enumerate(_events(url), 1):
        event.seq = seq
        sender.send(encode_event(event))
    sender.close(seq)


def _events(url: str) -> Iterator[ProgressEvent]:
    start = _fetched(f"{url}/")
    yield ProgressEvent(phase="scout", step="navigating", pct=10, detail=start["title"])
    yield ProgressEvent(phase="scout", step="banner", pct=10, detail=start["banner"])
    for number in range(PAGES):
        page = _fetched(f"{url}/page/{number}")
        summary = {"url": f"{url}/page/{number}", "title": page["title"], "status": 200}
        measured = {"weight": page["weight"], "price": page["price"], "offers": page["offers"]}
        yield ProgressEvent(phase="scout", step="page_loaded", pct=20, detail=page["title"], summary=summary)
        yield ProgressEvent(phase="vision", step="banner", pct=30, detail=page["banner"])
        yield ProgressEvent(phase="vision", step="measured", pct=40, summary=measured)
        yield ProgressEvent(phase="vision", step="price", pct=50.25, detail=f"{page['price']} €")
        yield ProgressEvent(phase="vision", step="checked", pct=60, detail=f"Nr. {number}: geprüft")
    yield ProgressEvent(phase="complete", step="done", pct=100, detail="Fertig für heute.")


def _fetched(url: str) -> dict[str, Any]:
    with urlopen(url) as answer:
        page: dict[str, Any] = json.load(answer)
        return page


if __name__ == "__main__":
    main(*sys.argv[1:])
