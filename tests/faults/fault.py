"""A fault to inject into a run, and the journal of what the child did."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import asdict, dataclass

BURST = 3_000

TIMES = {"before": 0, "in": BURST // 2, "after": BURST}


@dataclass(frozen=True)
class Fault:
    """A fault that the child injects into itself or another process after a part of its burst.

    Attributes:
        kind: `none`, `raise`, `exit`, `os_exit`, `kill`, `stop`, `reset` (the connections to the queue) or
            `remove_socket`.
        at: How many events of the burst come before it.
        target: The process that is killed: `child`, `manager` or `recorder`.
        signal: The number of the signal that kills it.
        phase: The phase in which it happens; the burst is always in `vision`.
        burst: How many events the burst has.
        wait_every: After how many events the child waits for a confirmation; 0 for never.
    """

    kind: str = "none"
    at: int = 0
    target: str = "child"
    signal: int = 0
    phase: str = "vision"
    burst: int = BURST
    wait_every: int = 0

    def encode(self) -> str:
        """Encode it as text for a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Fault:
        """Decode the result of `encode`."""
        return cls(**json.loads(text))


class Journal:
    """The child's journal of what it did: one short line a system call, so that a kill loses none."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, word: str, number: int) -> None:
        """Write that event *number* was `sent` or `confirmed`, or that so many were `closed` with; or of a `fault`."""
        os.write(self._file, f"{word} {number} {time.monotonic()}\n".encode())


@dataclass(frozen=True)
class Account:
    """The content of a journal.

    Attributes:
        sent: The last event given to the channel.
        confirmed: The last event that the channel confirmed before anything went wrong.
        closed: The child's count of events, if it reported one.
    """

    sent: int = 0
    confirmed: int = 0
    closed: int | None = None

    @classmethod
    def read(cls, text: str, killed_at: float = math.inf) -> Account:
        """Return what the journal *text* says, where something was killed from outside at *killed_at*."""
        last: dict[str, int] = {}
        for line in text.splitlines():
            word, number, when = line.split()
            if word != "confirmed" or ("fault" not in last and float(when) < killed_at):
                last[word] = int(number)
        return cls(last.get("sent", 0), last.get("confirmed", 0), last.get("closed"))
