"""The event log: append to it, read it, follow it, sign it, prove it, verify it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Self

from store.artifacts import Attachment, get_artifact
from store.backends.base import Database
from store.backends.connect import find_database
from store.bundle.export import export_runs
from store.bundle.format import Manifest
from store.errors import ProofImpossible
from store.import_events import Adopter, Adoption, AttachmentOf
from store.proofs.checkpoints import CheckpointSigner, StoredCheckpoint, last_checkpoint, log_origin, stored_checkpoints
from store.proofs.merkle import consistency_proof, inclusion_proof
from store.proofs.signed_note import SigningKey
from store.proofs.stored_tree import KeptTree
from store.read_model.catch_up import RunFold
from store.read_model.compare import Difference, MakeSummary
from store.read_model.run_table import RunRow, RunUpdate, Summary
from store.read_model.skim import Skim, SkippedEvents
from store.read_model.statistics import RunStatistics
from store.read_model.verify import RunCheck
from store.reader import EventReader
from store.records import Record, StoredEvent
from store.redaction import Observation, Redaction, Redactor
from store.text import storable
from store.upgrade import require_head
from store.verify.artifacts import MediaType
from store.verify.fault import Fault
from store.verify.verifier import Verification, Verifier
from store.writer import Writer

__all__ = [
    "Adoption",
    "Attachment",
    "Difference",
    "EventLog",
    "Fault",
    "Observation",
    "Record",
    "Redaction",
    "RunCheck",
    "RunFold",
    "RunRow",
    "RunStatistics",
    "RunUpdate",
    "SkippedEvents",
    "StoredCheckpoint",
    "StoredEvent",
    "Summary",
    "Verification",
]


class EventLog(EventReader):
    """An append-only log of events in one order, on SQLite or PostgreSQL.

    One object may be used by any number of threads, and one database by any number of processes.
    """

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        super().__init__(database)
        self._writer = Writer(database, clock=clock)

    @classmethod
    def open(
        cls, database: str | Path, *, create: bool = True, clock: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> Self:
        """Open the log in a database.

        Args:
            database: A path or an SQLAlchemy URL.
            create: Whether to make the log where there is none.
            clock: Tells the time, in microseconds since the epoch, UTC.

        Raises:
            DatabaseMissing: There is no log, and none is to be made.
            DatabaseOutdated: It was made by an older version.
            DatabaseNewer: It was made by a newer version.
            NotAnEventLog: The database holds something else.
            DatabaseUnreachable: It cannot be opened.
        """
        found = find_database(database)
        try:
            require_head(found, create=create)
        except BaseException:
            found.close()
            raise
        return cls(found, clock=clock)

    def append(self, records: Sequence[Record], *, update: RunUpdate | None = None) -> list[int]:
        """Append observations in one transaction: all of them, or none.

        An observation that the log has already, with the same body and attachment, keeps its position. (Where it was
        redacted since, there is nothing left to compare, and it counts as the same.)

        Args:
            records: The observations.
            update: The row of the read model `run` for the one run that they belong to, as it is after them; it is
                written in the same transaction. Without one the read model is left as it is, and catches up when it
                is needed.

        Returns:
            The records' positions, in their order.

        Raises:
            ObservationConflict: The log has one of them with another body or attachment.
            SummaryOutdated: The run has events that the row was not made of; nothing was written.
            InvalidRecord: One of them cannot be stored.
            StoreError: The database cannot be written to.
        """
        return self._writer.append(records, update)

    def redact(
        self,
        run_id: str,
        observations: Sequence[Observation],
        note: Callable[[Observation, int], Record],
        summary: Summary | None = None,
    ) -> Redaction:
        """Erase what observations of one run say, and record that: all of it in one transaction; see `store.redaction`.

        Those that are redacted already stay as they are.

        Args:
            note: Makes the event that names an observation as redacted, given the number that the event is to have.
            summary: The run's summary of the read model `run`, which has taken in nothing yet.

        Raises:
            ObservationMissing: The log does not have one of them.
            RedactionRefused: One of them is itself a redaction.
            StoreError: The database cannot be written to.
        """
        return Redactor(self._database, self._writer).redact(storable(run_id), observations, note, summary)

    def adopt(
        self,
        events: Iterable[StoredEvent],
        *,
        attachment: AttachmentOf,
        note: Callable[[int], Record],
        stream: tuple[str, str],
        summaries: Sequence[Summary] = (),
    ) -> Adoption:
        """Take in what another log recorded, exactly as it did, in one transaction; see `store.import_events`.

        The events must have been verified. Those that the log has already keep their positions.

        Args:
            events: The events; each run's in the order of its chain.
            attachment: Gives an event's attachment, None where its bytes did not come along.
            note: Makes the event that tells of it, given its number; it is appended where anything changes.
            stream: That event's run and source.
            summaries: The summaries of the read model `run` for all the runs, and for *stream*'s, which have taken in
                nothing yet.

        Raises:
            BundleConflict: The log has another event in the place of one of them; nothing was written.
            StoreError: The database cannot be written to.
        """
        return Adopter(self._database, self._writer).adopt(events, attachment, note, stream, summaries)

    def artifact(self, sha256: bytes) -> Attachment:
        """Return the attachment with this SHA-256.

        Raises:
            ArtifactMissing: There is none, or its bytes were removed.
            ArtifactAltered: Its bytes are no longer those that were stored.
        """
        return get_artifact(self._database, sha256)

    def origin(self) -> str | None:
        """Return the log's name, as its checkpoints have it; it is made of the first event, and so None without one."""
        return log_origin(self._database)

    def checkpoint(self, key: SigningKey) -> StoredCheckpoint:
        """Sign a checkpoint of the log as it is, and keep it; where nothing came since the key's last, return that.

        What came since then is verified first, and the tree is held to every checkpoint; what came before is not read.

        Raises:
            CheckpointRefused: Something is not as it was recorded, or the log is empty; nothing was signed.
        """
        return CheckpointSigner(self._database, key).sign()

    def last_checkpoint(self, public_key: bytes) -> StoredCheckpoint | None:
        """Return the last checkpoint that the log keeps by a key; None where there is none."""
        return last_checkpoint(self._database, public_key)

    def checkpoints(self, *, after: int = 0) -> Iterator[StoredCheckpoint]:
        """Yield the checkpoints that the log keeps and that cover more than *after* events, the smallest first."""
        return stored_checkpoints(self._database, after=after)

    def inclusion_proof(self, position: int, size: int) -> list[bytes]:
        """Return the proof that an event is one of the first *size*; see `store.proofs.merkle`.

        For whoever holds a checkpoint and one event's hash, and wants to be shown no more of the log than these few
        hashes. A bundle has the proofs of its events in another form (`store.proofs.merkle`), and no command needs
        this one.

        Raises:
            ProofImpossible: The log has not that many, or it is not among them.
        """
        self._require(1 <= position <= size, f"position {position} among the first {size} events", size)
        return inclusion_proof(position - 1, size, KeptTree(self._database).subtree_root)

    def consistency_proof(self, first: int, second: int) -> list[bytes]:
        """Return the proof that the first *second* events begin with the first *first*; see `store.proofs.merkle`.

        For whoever keeps checkpoints and is to be shown, without the log, that the newer one goes on from the older: a
        witness, as transparency logs call it. Where the log is at hand, `verify` holds it to both.

        Raises:
            ProofImpossible: The log has not that many, or they do not.
        """
        self._require(0 <= first <= second, f"{first} events at the beginning of {second}", second)
        return consistency_proof(first, second, KeptTree(self._database).subtree_root)

    def export(
        self,
        file: BinaryIO,
        runs: Sequence[str],
        *,
        key: Callable[[], SigningKey],
        report: Callable[[Manifest], Iterable[bytes]],
    ) -> None:
        """Write an evidence bundle of *runs*, as far as they have come, to an empty file; see `store.bundle.export`.

        It rests on the smallest kept checkpoint that covers them; where there is none, one is signed.

        Args:
            key: Gives the key to sign with.
            report: Gives the bundle's report, for what its manifest says.

        Raises:
            BundleTooLarge: They do not fit into a bundle.
            BundleAltered: The log holds what was never recorded.
            CheckpointRefused: A checkpoint was to be signed, and something is not as it was recorded.
        """
        export_runs(self._database, file, runs, sign=lambda: self.checkpoint(key()), report=report)

    def verify(
        self,
        run_id: str | None = None,
        *,
        checkpoints: Sequence[bytes] = (),
        trusted: Iterable[bytes] = (),
        media_type: MediaType | None = None,
        read_model: RunCheck | None = None,
        progress: Callable[[int, int], None] = lambda checked, total: None,
    ) -> Verification:
        """Check one run, or the whole log, up to the first thing that is wrong; see `store.verify.verifier`.

        Args:
            run_id: The run; None for the whole log.
            checkpoints: Signed notes to hold the log to, beside those that it keeps.
            trusted: The public keys whose checkpoints are believed; with none, signatures are not held against anyone.
            media_type: Tells an attachment's media type from the event's body and the attachment. It must be a
                function of a module, for another process may call it.
            read_model: Holds the read model of the runs to the events; see `run_check`.
            progress: Is told now and then how many events are checked, of how many.

        Raises:
            InvalidCheckpoint: One of *checkpoints* is no signed checkpoint.
        """
        verifier = Verifier(
            self._database,
            checkpoints=checkpoints,
            trusted=trusted,
            media_type=media_type,
            read_model=read_model,
        )
        return verifier.whole(progress) if run_id is None else verifier.run(storable(run_id), progress)

    def runs_folded(self, make: MakeSummary, version: int) -> RunFold:
        """Return the read model of the runs, as these summaries make it: to be listed, rebuilt and compared.

        Args:
            make: Makes the summary of a run, given its id.
            version: Of that fold.
        """
        return RunFold(self._database, make, version)

    def run_statistics(self) -> RunStatistics:
        """Return what that read model, once it has caught up, tells of many runs at once."""
        return RunStatistics(self._database)

    def run_check(self, make: MakeSummary, skim: Skim, version: int) -> RunCheck:
        """Return what holds that read model to the events, in one verification.

        Args:
            make: Makes the summary of a run, given its id.
            skim: Leaves of the events what those summaries take in, as `store.read_model.skim` has it.
            version: Of that fold.
        """
        return RunCheck(self._database, make, skim, version)

    def describe(self) -> str:
        """Return what to call the database in messages: its path, or its URL without the password."""
        return self._database.address

    def close(self) -> None:
        """Close the log's connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _require(self, possible: bool, what: str, size: int) -> None:
        if not possible or size > self.head():
            raise ProofImpossible(f"There is no proof of {what}: the log has {self.head()} events.")
