"""EventLog: append events, read and follow them, sign checkpoints, create proofs, and verify the log.

What a method needs that few commands call is imported when it is called: `veritas list` would otherwise take a tenth
longer to start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from store.artifacts import Attachment, get_artifact
from store.backends.base import Database
from store.backends.connect import find_database
from store.errors import ProofImpossible
from store.proofs.checkpoints import CheckpointSigner, StoredCheckpoint, last_checkpoint, log_origin, stored_checkpoints
from store.proofs.merkle import consistency_proof, inclusion_proof
from store.proofs.signed_note import SigningKey
from store.proofs.stored_tree import StoredTree
from store.read_model.catch_up import RunReadModel
from store.read_model.compare import Difference, MakeSummary
from store.read_model.prefilter import Prefilter, SkippedEvents
from store.read_model.run_filter import RunFilter, RunOrder, UrlFilter
from store.read_model.run_table import RunRow, RunUpdate, Summary
from store.reader import EventReader
from store.records import Record, StoredEvent
from store.redaction import Observation, Redaction, Redactor
from store.text import storable
from store.upgrade import require_head
from store.verify.artifacts import MediaType
from store.verify.fault import Fault
from store.writer import Writer

if TYPE_CHECKING:
    from store.archival import Archival
    from store.bundle.evidence import RunEvidence
    from store.bundle.format import Manifest
    from store.import_events import AttachmentOf, ImportResult
    from store.log_size import LogSize
    from store.neighbour import Neighbour
    from store.read_model.run_totals import RunTotals
    from store.read_model.statistics import RunStatistics
    from store.read_model.verify import ReadModelCheck
    from store.verify.verifier import Verification

__all__ = [
    "Attachment",
    "Difference",
    "EventLog",
    "Fault",
    "Observation",
    "Record",
    "Redaction",
    "RunFilter",
    "RunOrder",
    "RunReadModel",
    "RunRow",
    "RunUpdate",
    "SkippedEvents",
    "StoredCheckpoint",
    "StoredEvent",
    "Summary",
    "UrlFilter",
]


class EventLog(EventReader):
    """An append-only log of events in one order, on SQLite or PostgreSQL.

    Any number of threads may use one object, and any number of processes one database.
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
            create: Whether to create the log if it does not exist.
            clock: Returns the time, in microseconds since the epoch, UTC.

        Raises:
            DatabaseMissing: The log does not exist, and *create* is false.
            DatabaseOutdated: The log was created by an older version.
            DatabaseNewer: The log was created by a newer version.
            NotAnEventLog: The database holds something else.
            DatabaseUnreachable: The database cannot be opened.
        """
        opened = find_database(database)
        try:
            require_head(opened, create=create)
        except BaseException:
            opened.close()
            raise
        return cls(opened, clock=clock)

    def append(self, records: Sequence[Record], *, update: RunUpdate | None = None) -> list[int]:
        """Append observations in one transaction: all of them, or none.

        An observation that the log has already, with the same body and attachment, keeps its position. (If it has been
        redacted since, its body cannot be compared, and it counts as the same.)

        Args:
            records: The observations.
            update: The row of the read model `run` for the run that all of them belong to, as it is after them; it is
                written in the same transaction. Without an update, the read model is not changed, and catches up when
                it is needed.

        Returns:
            The records' positions, in their order.

        Raises:
            ObservationConflict: The log has one of them with a different body or attachment.
            SummaryOutdated: The run has events that the row does not include; nothing was written.
            ObservationsRepeated: An update was given, and the log has some of them already, so the row may include
                them twice; nothing was written.
            InvalidRecord: One of them cannot be stored.
            StoreError: The database cannot be written to.
        """
        return self._writer.append(records, update)

    def redact(
        self,
        run_id: str,
        observations: Sequence[Observation],
        make_record: Callable[[Observation, int], Record],
        summary: Summary | None = None,
    ) -> Redaction:
        """Erase the bodies of observations of one run, and record it, in one transaction; see `store.redaction`.

        Observations that are redacted already are not changed.

        Args:
            make_record: Returns the event that names an observation as redacted, given the observation and the event's
                number.
            summary: A summary of the run for the read model `run`, with no event applied.

        Raises:
            ObservationMissing: The log does not have one of them.
            RedactionRefused: One of them is itself a redaction.
            StoreError: The database cannot be written to.
        """
        return Redactor(self._database, self._writer).redact(storable(run_id), observations, make_record, summary)

    def archive_runs(self, archivals: Sequence[Archival]) -> int:
        """Erase the bodies of runs that are in a bundle, and record it, in one transaction; see `store.archival`.

        Returns:
            How many bodies were erased.

        Raises:
            RunChanged: One of the runs is not as it is in its bundle, or is archived already; nothing was written.
            StoreError: The database cannot be written to.
        """
        from store.archival import Archiver

        return Archiver(self._database, self._writer).archive(archivals)

    def sizes(self) -> LogSize:
        """Return what takes the room in the log; the read model of the runs should be up to date."""
        from store.log_size import measure_log

        return measure_log(self._database)

    def free_space(self) -> list[str]:
        """Give back the space that erased bodies took, and return sentences about what was not given back."""
        return self._database.free_space()

    def import_events(
        self,
        events: Iterable[StoredEvent],
        *,
        attachment: AttachmentOf,
        make_record: Callable[[int], Record],
        stream: tuple[str, str],
        summaries: Sequence[Summary] = (),
    ) -> ImportResult:
        """Import events of another log, exactly as it recorded them, in one transaction; see `store.import_events`.

        The events must have been verified. Events that the log has already keep their positions.

        Args:
            events: The events; each run's in the order of its chain.
            attachment: Returns an event's attachment; None if its bytes were not exported.
            make_record: Returns the event that records the import, given its number; it is appended if anything
                changes.
            stream: That event's run and source.
            summaries: Summaries for the read model `run`, of all the runs and of *stream*'s, with no event applied.

        Raises:
            BundleConflict: The log has a different event in the place of one of them; nothing was written.
            StoreError: The database cannot be written to.
        """
        from store.import_events import EventImporter

        return EventImporter(self._database, self._writer).run(events, attachment, make_record, stream, summaries)

    def artifact(self, sha256: bytes) -> Attachment:
        """Return the attachment with this SHA-256.

        Raises:
            ArtifactMissing: The log does not have it, or its bytes were removed.
            ArtifactAltered: Its bytes are not those that were stored.
        """
        return get_artifact(self._database, sha256)

    def origin(self) -> str | None:
        """Return the log's name in its checkpoints, which is derived from the first event; None if the log is empty."""
        return log_origin(self._database)

    def checkpoint(self, key: SigningKey) -> StoredCheckpoint:
        """Sign a checkpoint of the log as it is now, and store it; without new events, return the key's last one.

        The events since the key's last checkpoint are verified first, and the tree is compared with that checkpoint and
        all later ones; earlier events are not read.

        Raises:
            CheckpointRefused: Something is not as it was recorded, or the log is empty; nothing was signed.
        """
        return CheckpointSigner(self._database, key).sign()

    def check_signable(self) -> None:
        """Check that a new key could sign a checkpoint of the log as it is now; nothing is signed or stored.

        Raises:
            CheckpointRefused: Something is not as it was recorded, or the log is empty.
        """
        CheckpointSigner(self._database, SigningKey.generate()).check()

    def last_checkpoint(self, public_key: bytes) -> StoredCheckpoint | None:
        """Return the last stored checkpoint by a key; None if there is none."""
        return last_checkpoint(self._database, public_key)

    def checkpoints(self, *, after: int = 0) -> Iterator[StoredCheckpoint]:
        """Yield the stored checkpoints that cover more than *after* events, the smallest first."""
        return stored_checkpoints(self._database, after=after)

    def inclusion_proof(self, position: int, size: int) -> list[bytes]:
        """Return the proof that an event is one of the first *size*; see `store.proofs.merkle`.

        It is for a verifier who has a checkpoint and one event's hash, and should see only these few hashes of the log.
        A bundle has the proofs of its events in another form (`store.bundle`), and no command needs this one.

        Raises:
            ProofImpossible: The log does not have *size* events, or the event is not among them.
        """
        self._require(1 <= position <= size, f"position {position} among the first {size} events", size)
        return inclusion_proof(position - 1, size, StoredTree(self._database).subtree_root)

    def consistency_proof(self, first: int, second: int) -> list[bytes]:
        """Return the proof that the first *second* events begin with the first *first*; see `store.proofs.merkle`.

        It is for a verifier who keeps checkpoints and does not have the log (transparency logs call it a witness), and
        shows that the newer checkpoint continues the older one. With the log, `verify` checks it against both.

        Raises:
            ProofImpossible: The log does not have that many events, or *first* is larger than *second*.
        """
        self._require(0 <= first <= second, f"{first} events at the beginning of {second}", second)
        return consistency_proof(first, second, StoredTree(self._database).subtree_root)

    def export(
        self,
        file: BinaryIO,
        runs: Sequence[str],
        *,
        key: Callable[[], SigningKey],
        report: Callable[[Manifest], Iterable[bytes]],
    ) -> None:
        """Write an evidence bundle of *runs* and all their events so far to an empty file; see `store.bundle.export`.

        The bundle contains the smallest stored checkpoint that covers them; if there is none, one is signed.

        Args:
            key: Returns the key to sign with.
            report: Returns the bundle's report, given its manifest.

        Raises:
            BundleTooLarge: They do not fit into a bundle.
            BundleAltered: The log has a value that was never recorded.
            CheckpointRefused: A checkpoint is needed, and something is not as it was recorded.
        """
        from store.bundle.export import export_runs

        export_runs(self._database, file, runs, sign=lambda: self.checkpoint(key()), report=report)

    def evidence(self, run_id: str, last: int) -> RunEvidence:
        """Return a run's events up to position *last* with their proof; see `store.bundle.evidence`."""
        from store.bundle.evidence import run_evidence

        return run_evidence(self._database, storable(run_id), last)

    def event_line(self, run_id: str, position: int) -> bytes | None:
        """Return one event of a run as it was recorded; see `store.bundle.evidence`."""
        from store.bundle.evidence import event_line

        return event_line(self._database, storable(run_id), position)

    def verify(
        self,
        run_id: str | None = None,
        *,
        checkpoints: Sequence[bytes] = (),
        trusted: Iterable[bytes] = (),
        media_type: MediaType | None = None,
        read_model: ReadModelCheck | None = None,
        progress: Callable[[int, int], None] = lambda checked, total: None,
    ) -> Verification:
        """Check one run, or the whole log, up to the first thing that is wrong; see `store.verify.verifier`.

        Args:
            run_id: The run; None for the whole log.
            checkpoints: Signed notes to check the log against, in addition to those that it stores.
            trusted: The public keys whose checkpoints are trusted; without any, it is not checked who signed.
            media_type: Returns an attachment's media type, given the event's body and the attachment. It must be a
                function of a module, because another process may call it.
            read_model: Checks the read model of the runs against the events; see `read_model_check`.
            progress: Called now and then with the number of events that are checked, and of all events.

        Raises:
            InvalidCheckpoint: One of *checkpoints* is not a signed checkpoint.
        """
        from store.verify.verifier import Verifier

        verifier = Verifier(
            self._database,
            checkpoints=checkpoints,
            trusted=trusted,
            media_type=media_type,
            read_model=read_model,
        )
        return verifier.whole(progress) if run_id is None else verifier.run(storable(run_id), progress)

    def run_read_model(self, make: MakeSummary, version: int) -> RunReadModel:
        """Return the read model of the runs, to list, rebuild or compare it.

        Args:
            make: Returns an empty summary of a run, given its id.
            version: The version of the summaries' fold.
        """
        return RunReadModel(self._database, make, version)

    def run_statistics(self) -> RunStatistics:
        """Return the statistics over many runs, which that read model provides once it has caught up."""
        from store.read_model.statistics import RunStatistics

        return RunStatistics(self._database)

    def run_totals(self, since: float | None = None) -> RunTotals:
        """Return the totals over all runs, or over those requested at *since* (in seconds since the epoch) or later."""
        from store.read_model.run_totals import RunTotals

        return RunTotals(self._database, since)

    def size(self) -> int:
        """Return how many bytes the log takes in its database, indexes included."""
        return self._database.size()

    def read_model_check(self, make: MakeSummary, prefilter: Prefilter, version: int) -> ReadModelCheck:
        """Return a check of that read model against the events, for one verification.

        Args:
            make: Returns an empty summary of a run, given its id.
            prefilter: Returns what those summaries need of the events; see `store.read_model.prefilter`.
            version: The version of the summaries' fold.
        """
        from store.read_model.verify import ReadModelCheck

        return ReadModelCheck(self._database, make, prefilter, version)

    def neighbour(self, suffix: str) -> Neighbour | None:
        """Return the tables of another purpose beside the log; None if it is not on PostgreSQL."""
        from store.backends.postgresql import PostgresDatabase
        from store.neighbour import Neighbour

        return Neighbour(self._database, suffix) if isinstance(self._database, PostgresDatabase) else None

    def describe(self) -> str:
        """Return the database's name in messages: its path, or its URL without the password."""
        return self._database.address

    def require_present(self) -> None:
        """Check that the log's file is still in place: SQLite goes on with a deleted file without an error.

        Raises:
            DatabaseLost: It was deleted, replaced or truncated since this object wrote to it, or at first read it.
        """
        self._database.require_present()

    def reopen(self) -> None:
        """Open the log that is in the place of the file now, after `DatabaseLost`; other threads may be reading.

        Raises:
            StoreError: There is none, or it cannot be opened; see `open`.
        """
        self._database.reset()
        require_head(self._database, create=False)

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
