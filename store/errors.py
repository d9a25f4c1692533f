"""Everything that the store raises.

    StoreError
    ├── InvalidRecord           a record that no log can hold
    ├── ObservationConflict     the same observation with another body
    ├── ObservationMissing      no such observation to redact
    ├── RedactionRefused        an event that has to stay
    ├── ArtifactMissing         no such attachment, or its bytes were removed
    ├── ArtifactAltered         an attachment that is no longer what its hash says
    ├── LogAltered              what was never recorded stands where it is needed
    ├── ReadModelAltered        … in a table that can be made anew
    ├── InvalidKey              no Ed25519 key that can be read
    ├── InvalidCheckpoint       no signed checkpoint, or one whose signature does not hold
    ├── CheckpointRefused       the log is not one to sign a checkpoint over
    ├── ProofImpossible         a proof of what is not in the tree
    ├── BundleUnreadable        a file that is no evidence bundle
    ├── BundleAltered           an evidence bundle that is not as it was exported
    ├── BundleTooLarge          more than a bundle can hold
    ├── BundleConflict          a bundle whose history contradicts the log's
    ├── StoreLocked             another process keeps the log locked
    ├── StoreFull               no space left
    ├── DatabaseReadOnly        the log can be read but not written
    ├── DatabaseUnreachable     no file, no server, no permission
    │   └── DatabaseMissing     there is no log yet
    ├── DatabaseDamaged         the file itself is broken
    ├── NotAnEventLog           a database that holds something else
    ├── DatabaseOutdated        written by an older version
    └── DatabaseNewer           written by a newer version

A class's docstring is its message when none is given. No message has a password in it.
"""

from __future__ import annotations

from typing import Self


class StoreError(Exception):
    """The log cannot do this."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class InvalidRecord(StoreError):
    """The record cannot be stored."""


class ObservationConflict(StoreError):
    """This observation is already recorded with another body."""


class ObservationMissing(StoreError):
    """The log has no such observation."""


class RedactionRefused(StoreError):
    """A redaction is itself never redacted."""


class ArtifactMissing(StoreError):
    """The log has no such artifact."""


class ArtifactAltered(StoreError):
    """The artifact is no longer what its hash says; `veritas verify` shows what else was changed."""


class LogAltered(StoreError):
    """The log is not as it was recorded; `veritas verify` shows what was changed."""


class ReadModelAltered(StoreError):
    """The read models are not as they were made; `veritas db rebuild` makes them anew."""

    @classmethod
    def at(cls, address: str) -> Self:
        """Return the error for the table of runs of the log at an address."""
        return cls(
            f"The table that lists the runs of {address!r} was changed; `veritas verify` shows what was, and"
            " `veritas db rebuild` makes the table anew."
        )


class InvalidKey(StoreError):
    """This is no Ed25519 key."""


class InvalidCheckpoint(StoreError):
    """This is no signed checkpoint."""


class CheckpointRefused(StoreError):
    """No checkpoint was signed, for the log is not as it was recorded; `veritas verify` shows what was changed."""


class ProofImpossible(StoreError):
    """The log has no such events, and so no proof of them."""


class BundleUnreadable(StoreError):
    """This is no evidence bundle."""


class BundleAltered(StoreError):
    """The evidence bundle is not as it was exported; `veritas verify` shows what was changed."""


class BundleTooLarge(StoreError):
    """This is more than a bundle can hold."""


class BundleConflict(StoreError):
    """The bundle contradicts what the log has; nothing was written."""


class StoreLocked(StoreError):
    """The log is locked by another process; try again when that is done."""


class StoreFull(StoreError):
    """There is no space left for the log; free some and try again."""


class DatabaseReadOnly(StoreError):
    """The log can be read but not written; make it writable or choose another database."""


class DatabaseUnreachable(StoreError):
    """The database cannot be opened."""


class DatabaseMissing(DatabaseUnreachable):
    """There is no log yet; the first audit makes one."""


class DatabaseDamaged(StoreError):
    """The database is damaged; restore a backup."""


class NotAnEventLog(StoreError):
    """The database is not an event log; choose another one."""


class DatabaseOutdated(StoreError):
    """The log was made by an older version; `veritas db upgrade` brings it up to date."""


class DatabaseNewer(StoreError):
    """The log was made by a newer version; upgrade VERITAS to open it."""
