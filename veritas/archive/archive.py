"""Recalling what was recorded: the log's events, as events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from store.log import EventLog, StoredEvent
from veritas.config import default_database
from veritas.errors import UnknownAudit, UsageError
from veritas.events.attachment import reattach
from veritas.events.json import as_mapping, as_text
from veritas.events.recorded import RecordedEvent, Redaction, from_row, redactions_in
from veritas.events.recorder_events import BundleImported, ObservationRedacted, RunFinished


class Archive:
    """The log, read."""

    def __init__(self, log: EventLog) -> None:
        self.log = log

    @classmethod
    def open(cls, database: str | Path | None, *, create: bool = True) -> Self:
        """Open the log in *database*, a path or an SQLAlchemy URL; None is the default file.

        Raises:
            store.errors.StoreError: It cannot be opened, is of another version, or is no log.
        """
        if database is None:
            database = default_database()
            if create:
                database.parent.mkdir(parents=True, exist_ok=True)
        return cls(EventLog.open(database, create=create))

    def resolve(self, prefix: str) -> str:
        """Return the run that a unique prefix of an audit's id, or of a run's, stands for: an audit's latest run.

        Raises:
            UnknownAudit: It stands for none, or for several audits.
        """
        runs = self.log.runs(prefix, limit=100) if prefix else []
        audits = sorted({_audit_of(run) for run in runs})
        if not audits:
            raise UnknownAudit(f"No audit's id begins with {prefix!r}; `veritas list` shows those there are.")
        if len(audits) > 1:
            some = ", ".join(audits[:4]) + (", …" if len(audits) > 4 else "")
            raise UnknownAudit(f"{prefix!r} stands for several audits ({some}); give more of the id.")
        return prefix if prefix in runs else max(runs, key=_number_of)

    def runs(self, audit_id: str) -> list[str]:
        """Return an audit's runs, first to last."""
        return sorted(self.log.runs(f"{audit_id}."), key=_number_of)

    def events(self, run_id: str | None = None, *, after: int = 0) -> Iterator[RecordedEvent]:
        """Yield one run's events, or all, in the log's order, from behind position *after*."""
        return self._recorded(self.log.read(run_id=run_id, after=after))

    def follow(self, run_id: str, *, stop: Callable[[], bool]) -> Iterator[RecordedEvent]:
        """Yield one run's events and then those that come, a tenth of a second after they are committed at the latest.

        It goes on until *stop* says so and everything that was committed before is yielded.
        """
        return self._recorded(self.log.follow(run_id=run_id, stop=stop))

    def has_ended(self, run_id: str) -> bool:
        """Return whether the log has a run's end."""
        return any(self.log.recorder_events(RunFinished.type, run_id=run_id))

    def recorder_events(self, *types: str, run_id: str | None = None, after: int = 0) -> Iterator[RecordedEvent]:
        """Yield the recorder's events of these types, of one run or of all, from behind position *after*."""
        return self._recorded(self.log.recorder_events(*types, run_id=run_id, after=after))

    def artifact(self, sha256: str) -> bytes:
        """Return an attachment's bytes."""
        return self.log.artifact(bytes.fromhex(sha256)).data

    def wire(self, recorded: RecordedEvent) -> bytes:
        """Return the event's bytes exactly as they were received.

        Raises:
            UsageError: They were removed from the log.
        """
        if recorded.body is None:
            raise UsageError(f"Event {recorded.seq} of run {recorded.run_id!r} has nothing left of its bytes.")
        return recorded.body if recorded.artifact is None else reattach(recorded.body, self.artifact(recorded.artifact))

    def redactions(self, run_id: str) -> dict[tuple[str, int], Redaction]:
        """Return what was redacted in a run, by source and number."""
        return redactions_in(self.log.recorder_events(ObservationRedacted.type, run_id=run_id))

    def _recorded(self, events: Iterable[StoredEvent]) -> Iterator[RecordedEvent]:
        run_id, known = "", dict[tuple[str, int], Redaction]()  # of the run last asked about
        for stored in events:
            if stored.body is not None:
                yield from_row(stored)
                continue
            named = (stored.source, stored.seq)
            if stored.run_id != run_id or named not in known:
                run_id, known = stored.run_id, self.redactions(stored.run_id)
            yield from_row(stored, known.get(named))

    def origin(self) -> str:
        """Return the log's name, as its checkpoints have it.

        Raises:
            UsageError: The log is empty, and has none.
        """
        origin = self.log.origin()
        if origin is None:
            raise UsageError(
                f"The log {self.log.describe()!r} has no name yet, for it is empty; the first audit gives it."
            )
        return origin

    def close(self) -> None:
        """Close the log."""
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _audit_of(run_id: str) -> str:
    return run_id.rpartition(".")[0]


def _number_of(run_id: str) -> int:
    number = run_id.rpartition(".")[2]
    return int(number) if number.isdigit() else 0


LOG = "log"  # the stream of what is told of the log itself


@dataclass(frozen=True)
class Import:
    """Where a run came from.

    Attributes:
        origin: The name of the log that it was exported from.
        key: The public key that its events were signed with there.
        at: When it was taken in: seconds since the epoch, UTC.
    """

    origin: str
    key: str
    at: float


def imports_of(archive: Archive) -> dict[str, Import]:
    """Return where the runs that were imported came from, each as of its first import."""
    found: dict[str, Import] = {}
    for recorded in archive.recorder_events(BundleImported.type):
        said = recorded.from_recorder
        if recorded.run_id == LOG and isinstance(said, BundleImported):
            for run in said.runs:
                run_id = as_text(as_mapping(run).get("run_id")) or ""
                found.setdefault(run_id, Import(said.origin, said.key, recorded.event.timestamp))
    return found
