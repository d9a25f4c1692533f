"""The Receiver interface: the parent's end of a transport, where that is not the child's stdout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from veritas.channels.buffer import ReceiveBuffer


class Receiver(Protocol):
    """Takes what the child sends. It is made before the child starts and closed after the run.

    Attributes:
        environment: The variables by which the child finds it.
    """

    @property
    def environment(self) -> Mapping[str, str]: ...

    def start(self, buffer: ReceiveBuffer) -> None:
        """Put everything that comes into *buffer* from now on, in a thread of its own."""

    def confirm(self, number: int) -> None:
        """Confirm to the sender that the items up to *number* are in the log.

        It is called after each commit of items whose `number` is not 0, and must not block.
        """

    def finish(self, timeout: float) -> bool:
        """Take what the child, which is gone, has left, and return whether all of it was taken.

        Give up once nothing has come for *timeout* seconds.
        """

    def close(self) -> None:
        """Release everything that was made for the transport; it may not have been started."""
