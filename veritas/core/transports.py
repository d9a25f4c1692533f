"""The table of the transports: for each, the functions that create the child's end and the parent's end.

To add a transport, write its two ends and add its row. Its name is the mode that selects it, and the source of the
events that it carries. The parent reads stdout in every mode, so a sender may change to it at any time; it reports that
with `StdoutSender.report_fallback`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from veritas.channels.messages import QUEUE, STDOUT
from veritas.config import QUEUE_ADDRESS, QUEUE_KEY, queue_patience
from veritas.core.mode_decision import IPC_MODE_VALIDATE
from veritas.errors import QueueUnavailable
from veritas.events.fallback import NOT_GIVEN

if TYPE_CHECKING:
    from veritas.channels.receiver import Receiver
    from veritas.channels.sender import Sender
    from veritas.channels.stdout import StdoutSender
    from veritas.core.queue_host import QueueHost

Take = Callable[[str], str | None]


class MakeSender(Protocol):
    """Creates the child's end."""

    def __call__(self, stdout: StdoutSender, *, resend: bool, take: Take) -> Sender:
        """Create a sender.

        Args:
            stdout: The sender to fall back on.
            take: Returns, once, the value of a variable with which the parent's end says how to connect to it.
            resend: Whether to send undelivered and later events over stdout after a fallback; False if stdout carries
                all events anyway.

        Raises:
            TransportUnavailable: The parent's end cannot be reached.
        """


class Transport(NamedTuple):
    """One transport from the child to the parent.

    Attributes:
        make_sender: Creates the child's end.
        make_receiver: Creates the parent's end, with the host of the queues of several runs if there is one, or raises
            `TransportUnavailable`; None for stdout, which the parent reads in every mode.
    """

    make_sender: MakeSender
    make_receiver: Callable[[QueueHost | None], Receiver] | None


def _connect_to_queue(stdout: StdoutSender, *, resend: bool, take: Take) -> Sender:
    from veritas.channels.queue import STALL, QueueSender
    from veritas.core.ipc import connect_to_queue

    queue = connect_to_queue(take(QUEUE_ADDRESS), take(QUEUE_KEY))
    if queue is None:
        raise QueueUnavailable("The child was given no queue.", kind=NOT_GIVEN)
    return QueueSender(queue, stdout, resend=resend, stall=STALL + queue_patience(take))


def _serve_queue(host: QueueHost | None) -> Receiver:
    from veritas.channels.queue import QueueReceiver
    from veritas.core.ipc import create_queue

    return QueueReceiver(create_queue() if host is None else host.open())


def _use_stdout(stdout: StdoutSender, *, resend: bool, take: Take) -> Sender:
    return stdout


TRANSPORTS: dict[str, Transport] = {
    QUEUE: Transport(_connect_to_queue, _serve_queue),
    STDOUT: Transport(_use_stdout, None),
}


def transport_of(mode: str) -> str:
    """Return the transport of a mode; that of `validate` is the queue, with stdout at the same time."""
    return QUEUE if mode == IPC_MODE_VALIDATE else mode
