"""What is done to a run, and when."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import asdict, dataclass

BURST = 3_000

MOMENTS = {"before": 0, "in": BURST // 2, "after": BURST}


@dataclass(frozen=True)
class Fault:
    """What the child does to itself or to others, once it has emitted a part of its burst.

    Attributes:
        kind: `none`, `raise`, `exit`, `os_exit`, `kill`, `stop`, `reset` (the connections to the queue) or
            `remove_socket`.
        at: How many events of the burst come before it.
        whom: Who is killed: `child`, `manager` or `recorder`.
        signal: The number of the signal that does it.
        phase: The phase in which it happens; the burst always happens in `vision`.
        burst: How many events the burst has.
        wait_every: After how many events of it one is waited for; 0 for none.
    """

    kind: str = "none"
    at: int = 0
    whom: str = "child"
    signal: int = 0
    phase: str = "vision"
    burst: int = BURST
    wait_every: int = 0

    def encode(self) -> str:
        """Return it as text for a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Fault:
        """Return what `encode` was given."""
        return cls(**json.loads(text))


class Journal:
    """What the child says it did, written where no kill can take it back: one short line a system call."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, word: str, number: int) -> None:
        """Write that event *number* was `sent` or `confirmed`, or that so many were `closed` with; or of a `fault`."""
        os.write(self._file, f"{word} {number} {time.monotonic()}\n".encode())


@dataclass(frozen=True)
class Account:
    """What stands in a journal.

    Attributes:
        sent: The last event that was handed to the channel.
        confirmed: The last event that the channel, before anything went wrong, said was taken over.
        closed: The child's count, where it came to say it.
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
