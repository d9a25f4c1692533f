"""The table of the transports: for each, the functions that create the child's end and the parent's end.

To add a transport, write its two ends and add its row. Its name is the mode that selects it, and the source of the
events that it carries. The parent reads stdout in every mode, so a sender may change to it at any time; it reports that
with `StdoutSender.report_fallback`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from veritas.channels.messages import QUEUE, STDOUT
from veritas.channels.queue import QueueReceiver, QueueSender
from veritas.channels.receiver import Receiver
from veritas.channels.sender import Sender
from veritas.channels.stdout import StdoutSender
from veritas.core.ipc import create_queue, deserialize_queue_from_env
from veritas.core.mode_decision import IPC_MODE_VALIDATE
from veritas.errors import QueueUnavailable
from veritas.events.fallback import NOT_GIVEN


class MakeSender(Protocol):
    """Creates the child's end."""

    def __call__(self, stdout: StdoutSender, *, resend: bool) -> Sender:
        """Create a sender.

        Args:
            stdout: The sender to fall back on.
            resend: Whether to send undelivered and later events over stdout after a fallback; False if stdout carries
                all events anyway.

        Raises:
            TransportUnavailable: The parent's end cannot be reached.
        """


class Transport(NamedTuple):
    """One transport from the child to the parent.

    Attributes:
        make_sender: Creates the child's end.
        make_receiver: Creates the parent's end, or raises `TransportUnavailable`; None for stdout, which the parent
            reads in every mode.
    """

    make_sender: MakeSender
    make_receiver: Callable[[], Receiver] | None


def _connect_to_queue(stdout: StdoutSender, *, resend: bool) -> Sender:
    queue = deserialize_queue_from_env()
    if queue is None:
        raise QueueUnavailable("The child was given no queue.", kind=NOT_GIVEN)
    return QueueSender(queue, stdout, resend=resend)


def _serve_queue() -> Receiver:
    return QueueReceiver(create_queue())


def _use_stdout(stdout: StdoutSender, *, resend: bool) -> Sender:
    return stdout


TRANSPORTS: dict[str, Transport] = {
    QUEUE: Transport(_connect_to_queue, _serve_queue),
    STDOUT: Transport(_use_stdout, None),
}


def transport_of(mode: str) -> str:
    """Return the transport of a mode; that of `validate` is the queue, with stdout at the same time."""
    return QUEUE if mode == IPC_MODE_VALIDATE else mode
