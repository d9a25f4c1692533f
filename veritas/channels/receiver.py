"""The Receiver interface: the parent's end of a transport other than the child's stdout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from veritas.channels.buffer import ReceiveBuffer


class Receiver(Protocol):
    """Receives what the child sends. It is created before the child starts, and closed after the run.

    Attributes:
        environment: The environment variables with which the child connects to it.
    """

    @property
    def environment(self) -> Mapping[str, str]: ...

    def start(self, buffer: ReceiveBuffer) -> None:
        """Start a thread that puts everything that is received into *buffer*."""

    def confirm(self, number: int) -> None:
        """Confirm to the sender that the items up to *number* are in the log.

        It is called after each commit of messages whose `number` is not 0, and must not block.
        """

    def finish(self, timeout: float) -> bool:
        """Receive what the child, which has ended, sent before; return whether all of it was received.

        Give up after nothing was received for *timeout* seconds.
        """

    def close(self) -> None:
        """Release the transport's resources; the receiver may not have been started."""
