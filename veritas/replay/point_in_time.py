"""A moment of a recorded run, as people name it; `veritas.replay.range` finds it among the run's events.

    17                      the child's event of that number; r3 is the recorder's third
    vision                  the first event of a phase; vision/done is that step of it
    40%                     the first event with which the audit was so far, by the events' own percentages
    +3.5s +1m +1h2m3s       so long after the request
    12:03:04.5              that time of day (UTC), where it is nearest to the request; 2026-11-24T12:03:04Z is exact

The first three name an event. The last two are a time, whether anything happened then or not; they are exact to the
millisecond, in which times are shown: what happened less than one away from it happened then.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime, time

from veritas.errors import BadMoment
from veritas.events.recorded import RecordedEvent
from veritas.projections.phase_state import clamp_pct

_DAY = 86_400.0
_LONGEST = 1e9  # seconds, which is more than thirty years; six decimals of it are exact

_SEQ = re.compile(r"(r?)(\d{1,18})", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%", re.ASCII)
_LENGTH = r"(\d{1,9}(?:\.\d{1,6})?)"
_OFFSET = re.compile(rf"\+(?=\d)(?:{_LENGTH}h)?(?:{_LENGTH}m)?(?:{_LENGTH}s)?", re.ASCII)
_CLOCK = r"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
_TIME_OF_DAY = re.compile(rf"({_CLOCK})Z?", re.ASCII)
_TIME = re.compile(rf"\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_NO_PHASE = re.compile(r"\s*|/|[+-].*|[\d:.,%TZ +-]+", re.ASCII | re.DOTALL)  # a slip of the pen in one of the others

_FORMS = (
    "give an event's number (17, or r3 for the recorder's), a phase (vision or vision/done), a percentage (40%), "
    "a time since the request (+3.5s), or a time in UTC (12:03:04.5 or 2026-11-24T12:03:04Z)"
)


class Moment(ABC):
    """A point of a run; its text is what `parse` reads."""

    @staticmethod
    def parse(text: str) -> Moment:
        """Return the moment that *text* names.

        Raises:
            BadMoment: It names none.
        """
        if found := _SEQ.fullmatch(text):
            return AtEvent(int(found[2]), of_recorder=bool(found[1]))
        if (found := _PERCENT.fullmatch(text)) and float(found[1]) <= 100:
            return AtPercent(float(found[1]))
        if (found := _OFFSET.fullmatch(text)) and (seconds := _seconds(*found.groups("0"))) < _LONGEST:
            return AtOffset(seconds)
        try:
            if found := _TIME_OF_DAY.fullmatch(text):
                return AtTimeOfDay(time.fromisoformat(found[1]))
            if _TIME.fullmatch(text):
                said = datetime.fromisoformat(text)
                return AtTime((said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC))
        except (ValueError, OverflowError):  # there is no 25th hour, and no year 0
            raise BadMoment(f"{text!r} is no time; {_FORMS}.") from None
        if _NO_PHASE.fullmatch(text):
            raise BadMoment(f"{text!r} is no moment; {_FORMS}.")
        phase, _, step = text.partition("/")
        return AtPhase(phase, step or None)

    @abstractmethod
    def __str__(self) -> str: ...


class EventMoment(Moment):
    """A moment that is the first event of its kind."""

    @abstractmethod
    def names(self, recorded: RecordedEvent) -> bool:
        """Return whether *recorded* is such an event."""


class ClockMoment(Moment):
    """A moment that comes whether anything happens or not."""

    @abstractmethod
    def offset(self, start: float) -> float:
        """Return how many seconds after *start*, the run's first moment since the epoch, it is."""


@dataclass(frozen=True)
class AtEvent(EventMoment):
    """The event of a number: the child's, or the recorder's own."""

    seq: int
    of_recorder: bool = False

    def names(self, recorded: RecordedEvent) -> bool:
        """Return whether *recorded* has that number."""
        return recorded.seq == self.seq and (recorded.source == "recorder") == self.of_recorder

    def __str__(self) -> str:
        return f"r{self.seq}" if self.of_recorder else str(self.seq)


@dataclass(frozen=True)
class AtPhase(EventMoment):
    """The first event of a phase, or of one of its steps."""

    phase: str
    step: str | None = None

    def names(self, recorded: RecordedEvent) -> bool:
        """Return whether *recorded* is of that phase, and of that step."""
        event = recorded.event
        if event.phase != self.phase or recorded.source == "recorder":
            return False
        return self.step is None or event.step == self.step

    def __str__(self) -> str:
        return self.phase if self.step is None else f"{self.phase}/{self.step}"


@dataclass(frozen=True)
class AtPercent(EventMoment):
    """The first event that says that so much of the audit is done: what people saw on the bar, not a share of time."""

    pct: float

    def names(self, recorded: RecordedEvent) -> bool:
        """Return whether *recorded* says so."""
        return clamp_pct(recorded.event.pct) >= self.pct

    def __str__(self) -> str:
        return f"{_decimal(self.pct)}%"


@dataclass(frozen=True)
class AtOffset(ClockMoment):
    """So many seconds after the run's first event."""

    seconds: float

    def offset(self, start: float) -> float:
        """Return those seconds."""
        return self.seconds

    def __str__(self) -> str:
        return f"+{_decimal(self.seconds)}s"


@dataclass(frozen=True)
class AtTime(ClockMoment):
    """A date and time, in UTC."""

    at: datetime

    def offset(self, start: float) -> float:
        """Return the seconds from *start*, negative where it is before."""
        return self.at.timestamp() - start

    def __str__(self) -> str:
        return self.at.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class AtTimeOfDay(ClockMoment):
    """A time of day, in UTC."""

    at: time

    def offset(self, start: float) -> float:
        """Return the seconds from *start* to where it is nearest: less than half a day, forth or back."""
        at = self.at.hour * 3600 + self.at.minute * 60 + self.at.second + self.at.microsecond / 1e6
        return (at - start + _DAY / 2) % _DAY - _DAY / 2

    def __str__(self) -> str:
        return self.at.isoformat()


def _seconds(hours: str, minutes: str, seconds: str) -> float:
    return round(float(hours) * 3600 + float(minutes) * 60 + float(seconds), 6)


def _decimal(number: float) -> str:
    """Return a number of at most six decimals without what is not needed."""
    return f"{number:.6f}".rstrip("0").rstrip(".")
