"""The exceptions that VERITAS raises.

    VeritasError
    ├── UsageError              the request itself is wrong (exit status 2)
    │   ├── InvalidUrl
    │   ├── InvalidTargets
    │   ├── InvalidSetting
    │   ├── UnknownAudit
    │   ├── UnknownBatch
    │   ├── UnknownSite
    │   ├── BatchTakenOver
    │   ├── InvalidPointInTime
    │   ├── PointInTimeNotFound
    │   ├── InvalidPattern
    │   ├── NoEvents
    │   ├── FleetNotReady
    │   ├── KeyMissing
    │   ├── InvalidPlan
    │   └── RolloutChangedMeanwhile
    ├── RunSpooled              the rest of a run is in a file, because its log was not available (exit status 2)
    ├── SpoolFailed             that file cannot be written, so events are lost
    ├── RunTakenOver            another process has ended a run, so its recorder may record nothing more
    ├── UndecodableEvent        bytes that are not a ProgressEvent
    ├── TransportUnavailable    a transport cannot be made or reached
    │   └── QueueUnavailable
    ├── UnreadableImage         an image that is broken, of another format, or too large or too deep
    ├── BrowserMissing          no browser found, or it does not start
    └── PageError               a page that cannot be visited

The first line of a class's docstring is its default message. The store's exceptions are in `store.errors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class VeritasError(Exception):
    """VERITAS cannot continue."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").partition("\n")[0].strip())


class UsageError(VeritasError):
    """The request is invalid."""


class InvalidUrl(UsageError):
    """The URL cannot be audited; give a full http:// or https:// URL."""


class InvalidTargets(UsageError):
    """Some lines of a file have no URL that can be audited.

    Attributes:
        details: The faults, each in a sentence, and perhaps how many more there are.
    """

    def __init__(self, message: str | None = None, *, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = tuple(details)


class InvalidSetting(UsageError):
    """A setting has an invalid value."""


class UnknownAudit(UsageError):
    """No audit has this id; `veritas list` shows all audits."""


class UnknownBatch(UsageError):
    """No batch has this id; `veritas list` shows the audits, and `veritas show` a batch."""


class UnknownSite(UsageError):
    """Nothing is recorded of this site; `veritas list` shows what is."""


class BatchTakenOver(UsageError):
    """Another process has resumed the batch, so this one stops and records nothing more in it."""


class InvalidPointInTime(UsageError):
    """The text is not a point in time."""


class PointInTimeNotFound(UsageError):
    """The run does not have this point in time."""


class InvalidPattern(UsageError):
    """The text is not a pattern of an event's fields."""


class NoEvents(UsageError):
    """The captured output has no event."""


class FleetNotReady(UsageError):
    """The fleet's tables do not exist, or are of another version; `veritas fleet setup` creates and upgrades them."""


class KeyMissing(UsageError):
    """The key that signed the log so far is missing."""


class InvalidPlan(UsageError):
    """The text is not a list of stages whose shares increase."""


class RolloutChangedMeanwhile(UsageError):
    """The rollout was changed since this change of it was decided, so nothing was changed."""


class RunSpooled(VeritasError):
    """The rest of the run is in a file, and not in the log.

    Attributes:
        file: The file.
        run_id: The run.
    """

    def __init__(self, message: str | None = None, *, file: Path, run_id: str) -> None:
        super().__init__(message)
        self.file = file
        self.run_id = run_id


class SpoolFailed(VeritasError):
    """Neither the log nor a file in its place can be written."""


class RunTakenOver(VeritasError):
    """Another process took the run's recorder for gone and ended the run, so nothing more is recorded in it."""


class UndecodableEvent(VeritasError):
    """The bytes are not a JSON object."""


class TransportUnavailable(VeritasError):
    """The transport cannot be used.

    Attributes:
        kind: The reason, as a code: see `veritas.events.fallback.FALLBACK_KINDS`.
    """

    def __init__(self, message: str | None = None, *, kind: str = "other") -> None:
        super().__init__(message)
        self.kind = kind


class QueueUnavailable(TransportUnavailable):
    """The event queue cannot be reached."""


class UnreadableImage(VeritasError):
    """The image cannot be read."""


# Where the cause of a failed visit is: `PageError.kind`.
PAGE = "page"  # at the page or its server
TAB = "tab"  # the tab's process ended, by the page's doing or not
BROWSER = "browser"  # the browser ended, or does not answer
DRIVER = "driver"  # Playwright's driver, which controls the browser, ended or does not answer
MACHINE = "machine"  # this machine has no network, no space on its disk, or too few resources
TIME_LIMIT = "time_limit"  # the time of the audit or of a phase is over
FAULT_KINDS = (PAGE, TAB, BROWSER, DRIVER, MACHINE, TIME_LIMIT)
ROBOTS = "robots"  # no fault: the site's robots.txt, which the audit was asked to obey


class BrowserMissing(VeritasError):
    """No browser was found; `veritas browser install` gets one.

    Attributes:
        kind: Where the cause is, as a code: `BROWSER`, `DRIVER` or `MACHINE`.
    """

    def __init__(self, message: str | None = None, *, kind: str = BROWSER) -> None:
        super().__init__(message)
        self.kind = kind


class PageError(VeritasError):
    """The page cannot be visited.

    Attributes:
        kind: Where the cause is, as a code: `PAGE` or one of the codes after it.
        code: Chromium's name of the network's error, such as `ERR_NAME_NOT_RESOLVED`; empty for another error.
    """

    def __init__(self, message: str | None = None, *, kind: str = PAGE, code: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
