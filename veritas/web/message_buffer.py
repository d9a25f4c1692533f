"""The numbered messages of one run, and a bounded buffer of its last ones."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from websockets.frames import Frame, Opcode

from veritas.events.json import encode_json
from veritas.events.recorded import RecordedEvent
from veritas.projections.client_messages import StreamMessages

MOST_MESSAGES = 10_000
MOST_BYTES = 4 * 1024 * 1024


class Message(NamedTuple):
    """A message for clients.

    Attributes:
        number: Its place among the messages of its run, from 1 without a gap.
        frame: The text as the frame of a WebSocket, which is the same for every client.
        header: How many bytes of the frame come before the text.
    """

    number: int
    frame: bytes
    header: int

    @property
    def text(self) -> bytes:
        """The message as JSON; it has the number as `number`."""
        return self.frame[self.header :]

    @classmethod
    def of(cls, number: int, fields: Mapping[str, object]) -> Message:
        """Return a message with these fields."""
        text = encode_json({**fields, "number": number})
        frame = Frame(Opcode.TEXT, text).serialize(mask=False)
        return cls(number, frame, len(frame) - len(text))


class RunMessages:
    """The fold of a run's events to numbered messages.

    The same events give the same messages with the same numbers, so a number names a message across connections.

    Attributes:
        position: The position in the log of the last event that was folded.
    """

    def __init__(self) -> None:
        self.position = 0
        self._fold = StreamMessages()
        self._number = 0

    @property
    def ended(self) -> bool:
        """Whether the message of the run's end was made."""
        return self._fold.over

    def fold(self, events: Iterable[RecordedEvent]) -> Iterator[Message]:
        """Yield the messages of the run's next events."""
        for recorded in events:
            self.position = recorded.position
            for message in self._fold.fold(recorded):
                yield self._numbered(message)

    def abandon(self, at: float) -> Message | None:
        """Return the message that the run has been abandoned; None if it has an end.

        Args:
            at: When that was found: seconds since the epoch, UTC.
        """
        return None if self.ended else self._numbered(self._fold.abandon(at))

    def _numbered(self, message: dict[str, object]) -> Message:
        self._number += 1
        return Message.of(self._number, message)


class MessageBuffer:
    """The last messages of a run, at most `MOST_MESSAGES` and about `MOST_BYTES`; threads may share it."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._last = 0
        self._lock = threading.Lock()

    def extend(self, messages: Iterable[Message]) -> None:
        """Add the next messages, and drop the oldest ones past the limit."""
        for message in messages:
            with self._lock:
                self._messages.append(message)
                self._last = message.number
                self._bytes += len(message.frame)
                while len(self._messages) > MOST_MESSAGES or (self._bytes > MOST_BYTES and len(self._messages) > 1):
                    self._bytes -= len(self._messages.popleft().frame)

    def after(self, number: int) -> list[Message] | None:
        """Return the messages after one, [] if there are none yet; None if some of them were dropped already."""
        with self._lock:
            if number >= self._last:
                return []
            first = self._messages[0].number
            if number + 1 < first:
                return None
            return list(islice(self._messages, number + 1 - first, None))
