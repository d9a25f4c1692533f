"""Points in time of a recorded run, as people write them; `veritas.replay.range` finds them among the run's events.

    17                      the child's event of that number; r3 is the recorder's third
    vision                  the first event of a phase; vision/done is that step of it
    40%                     the first event that reports at least this percentage of the audit
    +3.5s +1m +1h2m3s       this long after the request
    12:03:04.5              this time of day (UTC), at its occurrence nearest to the request
    2026-11-24T12:03:04Z    this date and time

The first three name an event. The others name a time, whether anything happened then or not. Times are shown to the
millisecond, so an event less than one millisecond away from a time is at that time.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime, time

from veritas.errors import InvalidPointInTime
from veritas.events.recorded import RecordedEvent
from veritas.projections.phase_state import clamp_pct

_DAY = 86_400.0
_LONGEST = 1e9  # seconds, more than thirty years; a float has six exact decimals there

_SEQ = re.compile(r"(r?)(\d{1,18})", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%", re.ASCII)
_LENGTH = r"(\d{1,9}(?:\.\d{1,6})?)"
_OFFSET = re.compile(rf"\+(?=\d)(?:{_LENGTH}h)?(?:{_LENGTH}m)?(?:{_LENGTH}s)?", re.ASCII)
_CLOCK = r"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?"
_TIME_OF_DAY = re.compile(rf"({_CLOCK})Z?", re.ASCII)
_TIME = re.compile(rf"\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_NO_PHASE = re.compile(r"\s*|/|[+-].*|[\d:.,%TZ +-]+", re.ASCII | re.DOTALL)  # a typing error in one of the others

_FORMS = (
    "give an event's number (17, or r3 for the recorder's), a phase (vision or vision/done), a percentage (40%), "
    "a time since the request (+3.5s), or a time in UTC (12:03:04.5 or 2026-11-24T12:03:04Z)"
)


class PointInTime(ABC):
    """A point in time of a run; its text is what `parse` reads."""

    @staticmethod
    def parse(text: str) -> PointInTime:
        """Return the point in time that *text* names.

        Raises:
            InvalidPointInTime: The text does not name one.
        """
        if match := _SEQ.fullmatch(text):
            return AtEvent(int(match[2]), of_recorder=bool(match[1]))
        if (match := _PERCENT.fullmatch(text)) and float(match[1]) <= 100:
            return AtPercent(float(match[1]))
        if (match := _OFFSET.fullmatch(text)) and (seconds := _seconds(*match.groups("0"))) < _LONGEST:
            return AtOffset(seconds)
        try:
            if match := _TIME_OF_DAY.fullmatch(text):
                return AtTimeOfDay(time.fromisoformat(match[1]))
            if _TIME.fullmatch(text):
                parsed = datetime.fromisoformat(text)
                return AtTime((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC))
        except (ValueError, OverflowError):  # such as a 25th hour, or the year 0
            raise InvalidPointInTime(f"Invalid time {text!r}; {_FORMS}.") from None
        if _NO_PHASE.fullmatch(text):
            raise InvalidPointInTime(f"Invalid point in time {text!r}; {_FORMS}.")
        phase, _, step = text.partition("/")
        return AtPhase(phase, step or None)

    @abstractmethod
    def __str__(self) -> str: ...


class EventPoint(PointInTime):
    """A point in time at the first event that matches."""

    @abstractmethod
    def matches(self, recorded: RecordedEvent) -> bool:
        """Return whether *recorded* is such an event."""


class ClockPoint(PointInTime):
    """A point in time on the clock, whether anything happened then or not."""

    @abstractmethod
    def offset(self, start: float) -> float:
        """Return its seconds after *start*, which is the run's start in seconds since the epoch."""


@dataclass(frozen=True)
class AtEvent(EventPoint):
    """The event with this number: the child's, or the recorder's own."""

    seq: int
    of_recorder: bool = False

    def matches(self, recorded: RecordedEvent) -> bool:
        """Return whether *recorded* has this number."""
        return recorded.seq == self.seq and (recorded.source == "recorder") == self.of_recorder

    def __str__(self) -> str:
        return f"r{self.seq}" if self.of_recorder else str(self.seq)


@dataclass(frozen=True)
class AtPhase(EventPoint):
    """The first event of a phase, or of one of its steps."""

    phase: str
    step: str | None = None

    def matches(self, recorded: RecordedEvent) -> bool:
        """Return whether *recorded* is of this phase, and of this step if one is given."""
        event = recorded.event
        if event.phase != self.phase or recorded.source == "recorder":
            return False
        return self.step is None or event.step == self.step

    def __str__(self) -> str:
        return self.phase if self.step is None else f"{self.phase}/{self.step}"


@dataclass(frozen=True)
class AtPercent(EventPoint):
    """The first event that reports at least this percentage: the one on the progress bar, not a share of the time."""

    pct: float

    def matches(self, recorded: RecordedEvent) -> bool:
        """Return whether *recorded* reports at least this percentage."""
        return clamp_pct(recorded.event.pct) >= self.pct

    def __str__(self) -> str:
        return f"{_decimal(self.pct)}%"


@dataclass(frozen=True)
class AtOffset(ClockPoint):
    """This many seconds after the run's first event."""

    seconds: float

    def offset(self, start: float) -> float:
        """Return these seconds, wherever the run starts."""
        return self.seconds

    def __str__(self) -> str:
        return f"+{_decimal(self.seconds)}s"


@dataclass(frozen=True)
class AtTime(ClockPoint):
    """A date and time, in UTC."""

    at: datetime

    def offset(self, start: float) -> float:
        """Return the seconds from *start*, negative if it is before."""
        return self.at.timestamp() - start

    def __str__(self) -> str:
        return self.at.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class AtTimeOfDay(ClockPoint):
    """A time of day, in UTC."""

    at: time

    def offset(self, start: float) -> float:
        """Return the seconds from *start* to the nearest occurrence: at most half a day before or after it."""
        at = self.at.hour * 3600 + self.at.minute * 60 + self.at.second + self.at.microsecond / 1e6
        return (at - start + _DAY / 2) % _DAY - _DAY / 2

    def __str__(self) -> str:
        return self.at.isoformat()


def _seconds(hours: str, minutes: str, seconds: str) -> float:
    return round(float(hours) * 3600 + float(minutes) * 60 + float(seconds), 6)


def _decimal(number: float) -> str:
    """Return a number to six decimals, without trailing zeros."""
    return f"{number:.6f}".rstrip("0").rstrip(".")
