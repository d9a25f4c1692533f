"""What came over one of two transports, in the few bytes that comparing it with the other takes."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from veritas.events.range_set import SequenceSet
from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState

GONE = 0  # the digest of what was removed from the log

_LARGEST = 2**53  # a greater number is no count; see `veritas.recording.recorder`


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as it came over one transport.

    Attributes:
        number: The emitter's, or the order of arrival where there is none.
        position: Its place in the log.
        at: When it was recorded, in seconds since the epoch, UTC.
        digest: Eight bytes of the keyed hash of its body and its attachment's; `GONE` where it has none any more.
    """

    number: int
    position: int
    at: float
    digest: int


class Deliveries:
    """One transport's half of a run: 32 bytes an observation.

    Attributes:
        late: The numbers that came behind greater ones.
        state: What this half alone tells of the audit.
    """

    def __init__(self, key: bytes) -> None:
        """Make an empty half; two that are to be compared have the same secret *key*.

        With it nobody can have two bodies ready that come to the same eight bytes.
        """
        self.late = SequenceSet()
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
        """Take in the next event."""
        number = number_of(recorded)
        self._numbers.append(number)
        self._positions.append(recorded.position)
        self._times.append(recorded.recorded_at)
        self._digests.append(self._digest(recorded))
        if number < self._last:
            self.late.add(number)
        self._last = max(self._last, number)
        self.state.apply(recorded if says_when(recorded) else _timeless(recorded))

    def by_number(self) -> Iterator[Delivery]:
        """Yield the observations by number, and those of the same number as they came."""
        order = range(len(self)) if not self.late.last else sorted(range(len(self)), key=self._numbers.__getitem__)
        for at in order:
            yield Delivery(self._numbers[at], self._positions[at], self._times[at], self._digests[at])

    def order(self, without: SequenceSet) -> array[int]:
        """Return the numbers as they came, but for some."""
        return array("q", (number for number in self._numbers if number not in without))

    def _digest(self, recorded: RecordedEvent) -> int:
        if recorded.body is None:
            return GONE
        hashed = hashlib.blake2b(recorded.body, digest_size=8, key=self._key)
        hashed.update((recorded.artifact or "").encode())
        return int.from_bytes(hashed.digest()) or 1


def number_of(recorded: RecordedEvent) -> int:
    """Return by which number an event is found on the other transport: the emitter's, or else its order of arrival."""
    number = recorded.event.seq
    return number if 0 < number <= _LARGEST else recorded.seq


def says_when(recorded: RecordedEvent) -> bool:
    """Whether an event says itself when it was emitted; otherwise its time is that of its arrival."""
    return recorded.event.timestamp != recorded.recorded_at or b'"timestamp"' in (recorded.body or b"")


def _timeless(recorded: RecordedEvent) -> RecordedEvent:
    return msgspec.structs.replace(recorded, event=replace(recorded.event, timestamp=0.0))
