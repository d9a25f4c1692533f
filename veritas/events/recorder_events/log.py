"""The events of the log itself: delays, spools, redactions, archived runs, checkpoints, imports and keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from veritas.events.recorder_events.base import RecorderEvent


class RecordingDelayed(RecorderEvent, frozen=True):
    """The log was not available for some time, and the recorder and the child waited for it.

    Attributes:
        since: When the first write that failed had begun: seconds since the epoch, UTC.
        until: When a write succeeded, or the recorder gave up.
        attempts: How many writes failed.
        kind: `unavailable` (the server), `locked`, `full`, or `broken`: a cause that does not pass by itself.
        error: The first error, in a sentence.
        spooled: Whether the recorder gave up, and kept the run's further events in a file, which was ingested later.
    """

    type = "recording_delayed"
    since: float
    until: float
    attempts: int
    kind: str
    error: str
    spooled: bool = False


class SpoolIngested(RecorderEvent, frozen=True):
    """Events that could not be written to the log while the run lasted were added to it from a file.

    Attributes:
        spool: The file's random name in its first line.
        records: How many records the file has.
        received: When the recorder had them: pairs of a number of records, in the file's order, and the time, in
            seconds since the epoch, UTC.
    """

    type = "spool_ingested"
    spool: str
    records: int
    received: list[tuple[int, float]]


class ObservationRedacted(RecorderEvent, frozen=True):
    """The content of one observation of this run was removed from the log, perhaps long after the run had ended.

    The log itself checks the first two fields before it lets anything be removed; see `store.guards`.

    Attributes:
        observation: `source` and `seq` of the observation.
        reason: Why it was removed.
        by: Who had it removed.
    """

    type = "observation_redacted"
    observation: dict[str, Any]
    reason: str
    by: str


class RunArchived(RecorderEvent, frozen=True):
    """The run was moved into a bundle, and the content of the child's events before this one was removed from the log.

    The log itself checks the type of this event before it lets anything be removed; see `store.guards`.

    Attributes:
        bundle: The name of the bundle's file.
        directory: The directory that it was written to.
        sha256: The SHA-256 of the file, in hex.
        size: Its size in bytes.
        by: Who archived the run.
        trust_score: The verdict's score, 0-100; None without one.
        risk_level: The verdict's risk level; None without one.
        findings: How many findings there are.
        kinds: How many findings there are of each kind, as a JSON object in a text; None without any.
        failure: The kind of cause for which the run failed; None if it did not.
    """

    type = "run_archived"
    bundle: str
    directory: str
    sha256: str
    size: int
    by: str
    trust_score: float | None
    risk_level: str | None
    findings: int
    kinds: str | None
    failure: str | None

    @property
    def path(self) -> str:
        """The bundle's file, on the machine that archived the run."""
        return str(Path(self.directory, self.bundle))


class CheckpointFailed(RecorderEvent, frozen=True):
    """No checkpoint could be signed when the run had ended; nothing else is wrong with the run.

    Attributes:
        error: Why it could not be signed.
    """

    type = "checkpoint_failed"
    error: str


class BundleImported(RecorderEvent, frozen=True):
    """Events of another log were imported into this one; the proof of them is attached.

    It does not belong to a run, but to the log: its stream is called `log`.

    Attributes:
        origin: The other log's name.
        size: How many of the other log's events the checkpoint covers.
        key: The public key that signed the checkpoint.
        runs: The runs: `run_id`, `events`, and the hash of the last one (`head`).
        media_type: The media type of the attachment.
    """

    type = "bundle_imported"
    origin: str
    size: int
    key: str
    runs: list[dict[str, Any]]
    media_type: str = "application/json"


class KeyRotated(RecorderEvent, frozen=True):
    """The key that signs checkpoints was replaced by a new one.

    It does not belong to a run, but to the log: its stream is called `log`.

    Attributes:
        old: The old public key.
        new: The new one.
        reason: Why it was replaced.
        by: Who replaced it.
        note: The statement that the new key follows the old one, signed with both; see `store.proofs.key_rotation`.
    """

    type = "key_rotated"
    old: str
    new: str
    reason: str
    by: str
    note: str
