"""The tee: a sender over two transports at once, so that their deliveries can be compared."""

from __future__ import annotations

from veritas.channels.sender import Sender


class TeeSender:
    """Sends the same bytes over two transports."""

    def __init__(self, first: Sender, second: Sender) -> None:
        self._both = (first, second)

    def send(self, body: bytes, *, wait: bool = False) -> None:
        """See `Sender.send`."""
        for sender in self._both:
            sender.send(body, wait=wait)

    def close(self, emitted: int) -> None:
        """See `Sender.close`."""
        for sender in self._both:
            sender.close(emitted)
