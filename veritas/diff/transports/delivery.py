"""The deliveries of one transport, in the few bytes that a comparison with the other one needs."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from veritas.events.range_set import RangeSet
from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState

REDACTED = 0  # the digest of an event that was removed from the log

_LARGEST = 2**53  # a greater number is not valid; see `veritas.recording.recorder`


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as it came over one transport.

    Attributes:
        number: The emitter's number, or the order of arrival if there is none.
        position: Its position in the log.
        at: When it was recorded, in seconds since the epoch, UTC.
        digest: Eight bytes of the keyed hash of its body and of its attachment's hash; `REDACTED` if the body was
            removed.
    """

    number: int
    position: int
    at: float
    digest: int


class Deliveries:
    """All deliveries of one transport in a run: 32 bytes each.

    Attributes:
        late: The numbers that came after greater ones.
        state: The audit's state according to these deliveries alone.
    """

    def __init__(self, key: bytes) -> None:
        """Start without deliveries.

        Args:
            key: A secret, the same for the two transports that are compared. It prevents anyone from preparing two
                bodies with the same eight-byte digest.
        """
        self.late = RangeSet()
        self.state = AuditState()
        self._key = key
        self._numbers = array("q")
        self._positions = array("q")
        self._times = array("d")
        self._digests = array("Q")
        self._last = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def take(self, recorded: RecordedEvent) -> None:
        """Add the next event."""
        number = number_of(recorded)
        self._numbers.append(number)
        self._positions.append(recorded.position)
        self._times.append(recorded.recorded_at)
        self._digests.append(self._digest(recorded))
        if number < self._last:
            self.late.add(number)
        self._last = max(self._last, number)
        self.state.apply(recorded if has_timestamp(recorded) else _timeless(recorded))

    def by_number(self) -> Iterator[Delivery]:
        """Yield the deliveries by number, and those with the same number in the order in which they came."""
        order = range(len(self)) if not self.late.last else sorted(range(len(self)), key=self._numbers.__getitem__)
        for at in order:
            yield Delivery(self._numbers[at], self._positions[at], self._times[at], self._digests[at])

    def order(self, without: RangeSet) -> array[int]:
        """Return the numbers in the order in which they came, except those in *without*."""
        return array("q", (number for number in self._numbers if number not in without))

    def _digest(self, recorded: RecordedEvent) -> int:
        if recorded.body is None:
            return REDACTED
        hashed = hashlib.blake2b(recorded.body, digest_size=8, key=self._key)
        hashed.update((recorded.artifact or "").encode())
        return int.from_bytes(hashed.digest()) or 1


def number_of(recorded: RecordedEvent) -> int:
    """Return the number that identifies an event on both transports: the emitter's, or else its order of arrival."""
    number = recorded.event.seq
    return number if 0 < number <= _LARGEST else recorded.seq


def has_timestamp(recorded: RecordedEvent) -> bool:
    """Return whether an event contains the time of its emission; otherwise its time is that of its arrival."""
    return recorded.event.timestamp != recorded.recorded_at or b'"timestamp"' in (recorded.body or b"")


def _timeless(recorded: RecordedEvent) -> RecordedEvent:
    return msgspec.structs.replace(recorded, event=replace(recorded.event, timestamp=0.0))
