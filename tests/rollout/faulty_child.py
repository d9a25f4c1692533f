"""The audit's own child process, with a queue that loses an event now and then without reporting it."""

from __future__ import annotations

import sys
from typing import Any

from tests.diff.faulty_sender import Drop, FaultySender
from veritas.channels.queue import QueueSender
from veritas.channels.sender import Sender
from veritas.recording import child

_EVERY = 25  # one of so many events is lost; an audit of the demo's small shop emits some forty


def _open_faulty(mode: str, *arguments: Any) -> Sender:
    sender = _open(mode, *arguments)
    return FaultySender(sender, Drop(_EVERY)) if isinstance(sender, QueueSender) else sender


if __name__ == "__main__":
    _open, child.open_sender = child.open_sender, _open_faulty
    sys.exit(child.main())
