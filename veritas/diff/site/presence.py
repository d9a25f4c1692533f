"""The trace of one item, such as a finding or a header, through the recordings of a site."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from veritas.formatting import iso_time, utc_time

K = TypeVar("K", bound=Hashable)

APPEARED = "appeared"  # it was absent at first, and is present now
WENT = "went"  # it is absent now
CHANGED = "changed"  # it was present at first and is present now, with another value
STAYED = "stayed"  # it was present at first and is present now, with the same value
FATES = (APPEARED, WENT, CHANGED, STAYED)


@dataclass(frozen=True, order=True)
class RecordingRef:
    """A recording, identified by the time of its request (seconds since the epoch, UTC) and its run."""

    at: float
    run_id: str

    def __str__(self) -> str:
        """Return the time as people write it."""
        return utc_time(self.at) or "an unknown time"

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"run_id": self.run_id, "started_at": iso_time(self.at)}


@dataclass(frozen=True)
class Sample(Generic[K]):
    """The items present in one recording.

    Attributes:
        recording: The recording.
        values: The items that were present, and their values without volatile parts.
        covers: Whether the recording would have an item if it was present.
    """

    recording: RecordingRef
    values: Mapping[K, str]
    covers: Callable[[K], bool]


@dataclass(frozen=True)
class Change:
    """A change of an item's value, or its first value.

    Attributes:
        recording: The first recording with this value.
        before: The recording before it that covers the item; None if there is none.
        value: The value; None if the item is absent.
    """

    recording: RecordingRef
    before: RecordingRef | None
    value: str | None


@dataclass(frozen=True)
class Trace(Generic[K]):
    """An item's history over the recordings that cover it, whether it is present in them or not.

    Attributes:
        key: The item.
        steps: Its first value, and every change.
        last_seen: The last recording in which it is present.
        value: Its value there.
        seen: In how many recordings it is present.
        covered: How many recordings cover it.
    """

    key: K
    steps: tuple[Change, ...]
    last_seen: RecordingRef
    value: str
    seen: int
    covered: int

    @property
    def fate(self) -> str:
        """The change from the first recording to the last: `appeared`, `went`, `changed` or `stayed`."""
        first, last = self.steps[0].value, self.steps[-1].value
        if last is None:
            return WENT
        if first is None:
            return APPEARED
        return STAYED if first == last else CHANGED

    @property
    def first_seen(self) -> Change:
        """The first step at which it is present."""
        return next(step for step in self.steps if step.value is not None)

    @property
    def last_step(self) -> Change:
        """The last change of its value."""
        return self.steps[-1]

    @property
    def appearances(self) -> int:
        """How often it appeared: more than once if it was absent in between."""
        present = [step.value is not None for step in self.steps]
        return sum(now and not before for before, now in zip([False, *present], present, strict=False))

    @property
    def when(self) -> list[str]:
        """When it was present, in words; each item of the list has one time."""
        last = self.last_step
        if self.fate == WENT:
            times = [f"from {self.first_seen.recording}", f"until {self.last_seen}", f"gone by {last.recording}"]
        elif self.fate == APPEARED:
            times = [f"since {last.recording}", f"absent on {last.before}"]
        elif self.fate == CHANGED:
            times = [f"since {last.recording}", f"different on {last.before}"]
        else:
            times = [f"since {self.first_seen.recording}"]
        return [*times, f"appeared {self.appearances} times"] if self.appearances > 1 else times

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values, without the key."""
        return {
            "fate": self.fate,
            "first_seen": self.first_seen.recording.as_dict(),
            "last_seen": self.last_seen.as_dict(),
            "seen": self.seen,
            "told": self.covered,
            "steps": [
                {
                    **step.recording.as_dict(),
                    "not_before": step.before.as_dict() if step.before else None,
                    "there": step.value is not None,
                    "value": step.value,
                }
                for step in self.steps
            ],
        }


def traces(samples: Sequence[Sample[K]]) -> Iterator[Trace[K]]:
    """Yield the trace of every item that was ever present, in the order of their first recordings.

    Args:
        samples: The items of each recording, in the order of time.
    """
    for key in dict.fromkeys(key for sample in samples for key in sample.values):
        covered = [
            (sample.recording, sample.values.get(key))
            for sample in samples
            if key in sample.values or sample.covers(key)
        ]
        present = [(recording, value) for recording, value in covered if value is not None]
        last_seen, last = present[-1]
        yield Trace(key, tuple(_steps(covered)), last_seen, last, len(present), len(covered))


def _steps(values: Iterable[tuple[RecordingRef, str | None]]) -> Iterator[Change]:
    before: RecordingRef | None = None
    previous: str | None = None
    for recording, value in values:
        if before is None or value != previous:
            yield Change(recording, before, value)
        before, previous = recording, value
