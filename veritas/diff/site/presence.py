"""One thing that may be there or not, followed through the recordings of a site."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from veritas.formatting import moment, utc_text

K = TypeVar("K", bound=Hashable)

APPEARED = "appeared"  # it was not there at first, and is now
WENT = "went"  # it is not there any more
CHANGED = "changed"  # it is there as it was at first, and says something else
STAYED = "stayed"
FATES = (APPEARED, WENT, CHANGED, STAYED)


@dataclass(frozen=True, order=True)
class RecordingRef:
    """A recording, by the moment at which it was asked for (seconds since the epoch, UTC) and its run."""

    at: float
    run_id: str

    def __str__(self) -> str:
        """Write the moment as people do."""
        return moment(self.at) or "an unknown time"

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"run_id": self.run_id, "started_at": utc_text(self.at)}


@dataclass(frozen=True)
class Sample(Generic[K]):
    """What one recording saw.

    Attributes:
        when: The recording.
        things: What was there, and what it said, without what is volatile in that.
        tells: Whether the recording would have told of a thing, had it been there.
    """

    when: RecordingRef
    things: Mapping[K, str]
    tells: Callable[[K], bool]


@dataclass(frozen=True)
class Step:
    """What a recording tells of a thing where that differs from what the one before told.

    Attributes:
        when: The first recording that tells so.
        before: The last one that told otherwise; None where none told of it before.
        value: What it says; None where the thing is not there.
    """

    when: RecordingRef
    before: RecordingRef | None
    value: str | None


@dataclass(frozen=True)
class Trace(Generic[K]):
    """A thing's fate between the first recording that tells of it, if only that it is not there, and the last.

    Attributes:
        key: Which thing.
        steps: What it was at first, and every change.
        last_seen: The last recording in which it was there.
        value: What it said there.
        seen: In how many recordings it was there.
        told: How many tell of it.
    """

    key: K
    steps: tuple[Step, ...]
    last_seen: RecordingRef
    value: str
    seen: int
    told: int

    @property
    def fate(self) -> str:
        """What came of it: `appeared`, `went`, `changed` or `stayed`."""
        first, last = self.steps[0].value, self.steps[-1].value
        if last is None:
            return WENT
        if first is None:
            return APPEARED
        return STAYED if first == last else CHANGED

    @property
    def first_seen(self) -> Step:
        """The first step at which it was there."""
        return next(step for step in self.steps if step.value is not None)

    @property
    def last_step(self) -> Step:
        """The step by which it came to what it is."""
        return self.steps[-1]

    @property
    def came(self) -> int:
        """How often it came: more than once where it was gone in between."""
        there = [step.value is not None for step in self.steps]
        return sum(now and not before for before, now in zip([False, *there], there, strict=False))

    @property
    def when(self) -> list[str]:
        """When it was there, in words, a moment each."""
        last = self.last_step
        if self.fate == WENT:
            said = [f"from {self.first_seen.when}", f"until {self.last_seen}", f"gone by {last.when}"]
        elif self.fate == APPEARED:
            said = [f"since {last.when}", f"not there on {last.before}"]
        elif self.fate == CHANGED:
            said = [f"since {last.when}", f"otherwise on {last.before}"]
        else:
            said = [f"since {self.first_seen.when}"]
        return [*said, f"came {self.came} times"] if self.came > 1 else said

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values, without the key."""
        return {
            "fate": self.fate,
            "first_seen": self.first_seen.when.as_dict(),
            "last_seen": self.last_seen.as_dict(),
            "seen": self.seen,
            "told": self.told,
            "steps": [
                {
                    **step.when.as_dict(),
                    "not_before": step.before.as_dict() if step.before else None,
                    "there": step.value is not None,
                    "value": step.value,
                }
                for step in self.steps
            ],
        }


def traces(observed: Sequence[Sample[K]]) -> Iterator[Trace[K]]:
    """Yield the trace of everything that was ever there, in the order in which it was first.

    Args:
        observed: What the recordings saw, in the order of time.
    """
    for key in dict.fromkeys(key for seen in observed for key in seen.things):
        told = [(seen.when, seen.things.get(key)) for seen in observed if key in seen.things or seen.tells(key)]
        there = [(when, said) for when, said in told if said is not None]
        last_seen, last = there[-1]
        yield Trace(key, tuple(_steps(told)), last_seen, last, len(there), len(told))


def _steps(told: Iterable[tuple[RecordingRef, str | None]]) -> Iterator[Step]:
    before: RecordingRef | None = None
    was: str | None = None
    for when, said in told:
        if before is None or said != was:
            yield Step(when, before, said)
        before, was = when, said
