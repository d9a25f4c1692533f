"""The Sender interface: the child's end of a channel."""

from __future__ import annotations

from typing import Protocol


class Sender(Protocol):
    """Sends encoded events to the parent, in order, without losing one while the parent lives."""

    def send(self, body: bytes, *, wait: bool = False) -> None:
        """Send an event's wire form; with *wait*, return only when the parent has received it.

        It blocks while the channel is full.
        """

    def close(self, emitted: int) -> None:
        """Report that *emitted* events were sent in all; return when the parent has received everything."""
