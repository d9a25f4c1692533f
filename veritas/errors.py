"""Everything that VERITAS raises on purpose.

    VeritasError
    ├── UsageError              the request itself is wrong (exit status 2)
    │   ├── InvalidUrl
    │   ├── InvalidSetting
    │   ├── UnknownAudit
    │   ├── InvalidPointInTime
    │   ├── PointInTimeNotFound
    │   ├── InvalidPattern
    │   └── InvalidPlan
    ├── UndecodableEvent        bytes that are no ProgressEvent
    ├── TransportUnavailable    a transport cannot be made or reached
    │   └── QueueUnavailable
    ├── UnreadableImage         a picture that is none, is broken, or is too large or too deep
    ├── BrowserMissing          no browser found, or it does not start
    └── PageError               a page that cannot be visited

A class's docstring is its message when none is given. What the store raises is in `store.errors`.
"""

from __future__ import annotations


class VeritasError(Exception):
    """VERITAS cannot go on."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class UsageError(VeritasError):
    """The request cannot be carried out as it was given."""


class InvalidUrl(UsageError):
    """The address is not one that can be audited; give a full http:// or https:// URL."""


class InvalidSetting(UsageError):
    """A setting has a value that cannot be used."""


class UnknownAudit(UsageError):
    """No audit has this id; `veritas list` shows the existing ones."""


class InvalidPointInTime(UsageError):
    """The text does not name a point in time of a run."""


class PointInTimeNotFound(UsageError):
    """The run does not have this point in time."""


class InvalidPattern(UsageError):
    """The text is not a pattern of an event's fields."""


class InvalidPlan(UsageError):
    """The text is not a list of stages with growing shares."""


class UndecodableEvent(VeritasError):
    """The bytes are not a JSON object."""


class TransportUnavailable(VeritasError):
    """The transport cannot be used.

    Attributes:
        kind: Why, as a code: see `veritas.events.recorder_events.FALLBACK_KINDS`.
    """

    def __init__(self, message: str | None = None, *, kind: str = "other") -> None:
        super().__init__(message)
        self.kind = kind


class QueueUnavailable(TransportUnavailable):
    """The event queue cannot be reached."""


class UnreadableImage(VeritasError):
    """The picture cannot be read."""


class BrowserMissing(VeritasError):
    """No browser was found; `veritas browser install` gets one."""


class PageError(VeritasError):
    """The page cannot be visited."""
