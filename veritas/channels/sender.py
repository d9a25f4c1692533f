"""What the child's end of every channel can do."""

from __future__ import annotations

from typing import Protocol


class Sender(Protocol):
    """Takes encoded events and gets them to the parent, in order, without losing one while the parent lives."""

    def send(self, body: bytes, *, wait: bool = False) -> None:
        """Send an event's wire form; with *wait*, return only when it has been taken over.

        It blocks while the channel is full.
        """

    def close(self, emitted: int) -> None:
        """Say that *emitted* events were sent in all, and return when everything has been taken over."""
