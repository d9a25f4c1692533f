"""Both channels at once, so that what came over one can be compared with what came over the other."""

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
