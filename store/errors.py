"""The errors that the store raises.

    StoreError
    ├── InvalidRecord           a record that no log can hold
    ├── ObservationConflict     the same observation with a different body
    ├── ObservationsRepeated    observations that are already recorded with the same bodies
    ├── SummaryOutdated         a run's row that does not include all of the run's events
    ├── ObservationMissing      the observation to redact does not exist
    ├── RunChanged              a run that is not what was to be archived
    ├── RedactionRefused        an event that must not be redacted
    ├── ArtifactMissing         the artifact does not exist, or its bytes were removed
    ├── ArtifactAltered         an artifact whose bytes do not match its hash
    ├── LogAltered              a value in the log that was never recorded
    ├── ReadModelAltered        a value in a read model that was never computed; it can be rebuilt
    ├── InvalidKey              not a readable Ed25519 key
    ├── InvalidRotation         not a statement that one key follows another
    ├── InvalidCheckpoint       not a signed checkpoint, or its signature does not hold
    ├── CheckpointRefused       the log was altered, so no checkpoint is signed
    ├── ProofImpossible         a proof of events that are not in the tree
    ├── BundleUnreadable        not an evidence bundle
    ├── BundleAltered           an evidence bundle that was changed after its export
    ├── BundleTooLarge          more than a bundle can hold
    ├── BundleConflict          a bundle whose history contradicts the log's
    ├── StoreLocked             another process holds the log's lock
    ├── StoreFull               no space left
    ├── DatabaseReadOnly        the log can be read but not written
    ├── DatabaseUnreachable     no file, no server, no permission
    │   ├── DatabaseMissing     there is no log yet
    │   └── DatabaseUnavailable a server that cannot be reached, or refuses to serve, at the moment
    ├── DatabaseLost            the database file was deleted or replaced while it was open
    ├── DatabaseDamaged         the database file is damaged
    ├── NotAnEventLog           a database that holds something else
    ├── DatabaseOutdated        written by an older version
    └── DatabaseNewer           written by a newer version

A class's docstring is its default message. No message contains a password.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self


class StoreError(Exception):
    """The log cannot do this."""

    is_temporary: ClassVar[bool] = False  # whether the same call may succeed later, without a change by the caller

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class InvalidRecord(StoreError):
    """The record cannot be stored."""


class ObservationConflict(StoreError):
    """This observation is already recorded with a different body."""


class ObservationsRepeated(StoreError):
    """Some of these observations are already recorded; nothing was written."""

    def __init__(self, message: str | None = None, *, indexes: frozenset[int] = frozenset()) -> None:
        super().__init__(message)
        self.indexes = indexes  # of the records


class SummaryOutdated(StoreError):
    """The run has events that its row does not include."""


class ObservationMissing(StoreError):
    """The log has no such observation."""


class RunChanged(StoreError):
    """The run is not what was to be archived."""


class RedactionRefused(StoreError):
    """A redaction event cannot be redacted."""


class ArtifactMissing(StoreError):
    """The log has no such artifact."""


class ArtifactAltered(StoreError):
    """The artifact does not match its hash; `veritas verify` shows what else was changed."""


class LogAltered(StoreError):
    """The log is not as it was recorded; `veritas verify` shows what was changed."""


class ReadModelAltered(StoreError):
    """The read models were changed; `veritas db rebuild` rebuilds them."""

    @classmethod
    def at(cls, address: str) -> Self:
        """Return the error for the run table of the log at *address*."""
        return cls(
            f"The table that lists the runs of {address!r} was changed; `veritas verify` shows the change, and"
            " `veritas db rebuild` rebuilds the table."
        )


class InvalidKey(StoreError):
    """This is not an Ed25519 key."""


class InvalidRotation(StoreError):
    """This is not a statement that one key follows another, signed with both."""


class InvalidCheckpoint(StoreError):
    """This is not a signed checkpoint."""


class CheckpointRefused(StoreError):
    """No checkpoint was signed, because the log was changed; `veritas verify` shows what was changed."""


class ProofImpossible(StoreError):
    """The log does not have these events, so it cannot prove them."""


class BundleUnreadable(StoreError):
    """This is not an evidence bundle."""


class BundleAltered(StoreError):
    """The evidence bundle was changed after its export; `veritas verify` shows what was changed."""


class BundleTooLarge(StoreError):
    """This is more than a bundle can hold."""


class BundleConflict(StoreError):
    """The bundle contradicts the log; nothing was written."""


class StoreLocked(StoreError):
    """The log is locked by another process; try again when that process is done."""

    is_temporary = True


class StoreFull(StoreError):
    """There is no space left for the log; free some and try again."""

    is_temporary = True


class DatabaseReadOnly(StoreError):
    """The log can be read but not written; make it writable or choose another database."""


class DatabaseUnreachable(StoreError):
    """The database cannot be opened."""


class DatabaseMissing(DatabaseUnreachable):
    """There is no log yet; the first audit creates one."""


class DatabaseUnavailable(DatabaseUnreachable):
    """The database cannot be reached at the moment; try again later."""

    is_temporary = True


class DatabaseLost(StoreError):
    """The log was deleted or replaced while it was open."""

    def __init__(self, message: str | None = None, *, copy: Path | None = None) -> None:
        super().__init__(message)
        self.copy = copy  # a file that has all that was recorded; None if it could not be copied


class DatabaseDamaged(StoreError):
    """The database is damaged; restore a backup."""


class NotAnEventLog(StoreError):
    """The database is not an event log; choose another database."""


class DatabaseOutdated(StoreError):
    """The log was created by an older version; `veritas db upgrade` brings it up to date."""


class DatabaseNewer(StoreError):
    """The log was created by a newer version; upgrade VERITAS to open it."""
