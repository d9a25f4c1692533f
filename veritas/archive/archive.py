"""The Archive: a log opened for reading, whose rows are decoded to events."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from store.log import EventLog, RunFilter, StoredEvent
from store.text import storable
from veritas.config import default_database
from veritas.errors import UnknownAudit, UsageError
from veritas.events.attachment import reattach
from veritas.events.json import as_mapping, as_text
from veritas.events.recorded import RecordedEvent, Redaction, archival_in, from_row, redactions_in
from veritas.events.recorder_events import BundleImported, ObservationRedacted, RunArchived, RunFinished

LOG = "log"  # the stream of the events about the log itself
LATEST = "latest"  # the name of the audit that was requested last; `latest:URL` is the last one of a page or a host


@dataclass(frozen=True)
class RunProvenance:
    """The log that a run was imported from.

    Attributes:
        origin: The name of the log that it was exported from.
        key: The public key that its events were signed with there.
        at: When it was imported: seconds since the epoch, UTC.
    """

    origin: str
    key: str
    at: float


class Archive:
    """A log's reader: it finds runs by their ids, and yields recorded events and their attachments."""

    def __init__(self, log: EventLog) -> None:
        self.log = log

    @classmethod
    def open(cls, database: str | Path | None, *, create: bool = True) -> Self:
        """Open the log in *database*, a path or an SQLAlchemy URL; None is the default file.

        Raises:
            store.errors.StoreError: It cannot be opened, is of another version, or is not a log.
        """
        if database is None:
            database = default_database()
            if create:
                database.parent.mkdir(parents=True, exist_ok=True)
        return cls(EventLog.open(database, create=create))

    def resolve(self, prefix: str) -> str:
        """Return the run whose id begins with *prefix*; if that is part of an audit's id only, the audit's latest run.

        A run's number may follow the beginning of its audit's id: `vrts_1a2b.2`. `latest` is the run that was
        requested last; `latest:URL` is the last one of a page, or of a host.

        Raises:
            UnknownAudit: No audit's id begins with it, or the ids of several audits do.
        """
        if prefix == LATEST or prefix.startswith(f"{LATEST}:"):
            return self._latest(None if prefix == LATEST else prefix.removeprefix(f"{LATEST}:"))
        runs = self._runs_named(prefix) if prefix else []
        audits = sorted({_audit_of(run) for run in runs})
        if not audits:
            raise UnknownAudit(f"No audit's id begins with {prefix!r}; `veritas list` shows the existing ones.")
        if len(audits) > 1:
            examples = ", ".join(audits[:4]) + (", …" if len(audits) > 4 else "")
            raise UnknownAudit(f"The ids of several audits begin with {prefix!r} ({examples}); give more of the id.")
        return prefix if prefix in runs else max(runs, key=_number_of)

    def _runs_named(self, prefix: str) -> list[str]:
        runs = self.log.runs(storable(prefix))
        audit, _, number = storable(prefix).rpartition(".")
        if runs or not audit or not number.isdecimal():
            return runs
        return [run for run in self.log.runs(audit) if run.endswith(f".{number}")]

    def _latest(self, url: str | None) -> str:
        from veritas.projections.run_summary import runs_of  # it takes time to import, and few commands need it
        from veritas.projections.url_key import url_filter

        if url == "":
            rows = []
        elif url is None:
            rows = runs_of(self.log).rows(limit=1)
        else:
            rows = runs_of(self.log).rows(RunFilter(url=url_filter(self.as_recorded(url))), limit=1)
        if not rows:
            audit = "audit" if url is None else f"audit of {url!r}"
            raise UnknownAudit(f"No {audit} is recorded; `veritas list` shows the existing ones.")
        return rows[0].run_id

    def as_recorded(self, url: str) -> str:
        """Return *url* as the log has it, with masks in the place of its secrets."""
        from veritas.archive.mask_key import existing_mask_key
        from veritas.secrets import Secrets

        key = existing_mask_key(self.log) if Secrets().mask(url) != url else None
        return Secrets(key).mask(url) if key else url

    def runs(self, audit_id: str) -> list[str]:
        """Return an audit's runs, first to last."""
        return sorted(self.log.runs(f"{audit_id}."), key=_number_of)

    def events(self, run_id: str | None = None, *, after: int = 0, limit: int | None = None) -> Iterator[RecordedEvent]:
        """Yield the events after position *after*, of one run or of all, in the log's order, at most *limit*."""
        return self._decode(self.log.read(run_id=run_id, after=after, limit=limit))

    def follow(self, run_id: str, *, stop: Callable[[], bool]) -> Iterator[RecordedEvent]:
        """Yield one run's events, and then each new one within a tenth of a second of its commit.

        It ends after *stop* returns True and all events that were committed before have been yielded.
        """
        return self._decode(self.log.follow(run_id=run_id, stop=stop))

    def has_ended(self, run_id: str) -> bool:
        """Return whether the log has a run's end."""
        return any(self.log.recorder_events(RunFinished.type, run_id=run_id))

    def recorder_events(self, *types: str, run_id: str | None = None, after: int = 0) -> Iterator[RecordedEvent]:
        """Yield the recorder's events of these types after position *after*, of one run or of all."""
        return self._decode(self.log.recorder_events(*types, run_id=run_id, after=after))

    def ends_of(self, run_ids: Iterable[str]) -> dict[str, RunFinished]:
        """Return the ends of many runs, by the run; a run without one, or whose end was redacted, is missing."""
        events = self._decode(self.log.recorder_events_of(RunFinished.type, run_ids))
        return {each.run_id: end for each in events if isinstance(end := each.from_recorder, RunFinished)}

    def artifact(self, sha256: str) -> bytes:
        """Return an attachment's bytes."""
        return self.log.artifact(bytes.fromhex(sha256)).data

    def wire(self, recorded: RecordedEvent) -> bytes:
        """Return the event's bytes exactly as they were received.

        Raises:
            UsageError: They were removed from the log.
        """
        if recorded.body is None:
            raise UsageError(f"The bytes of event {recorded.seq} of run {recorded.run_id!r} were removed from the log.")
        return recorded.body if recorded.artifact is None else reattach(recorded.body, self.artifact(recorded.artifact))

    def redactions(self, run_id: str) -> dict[tuple[str, int], Redaction]:
        """Return a run's redactions, by the source and number of the redacted observation."""
        return redactions_in(self.log.recorder_events(ObservationRedacted.type, run_id=run_id))

    def archival(self, run_id: str) -> RunArchived | None:
        """Return where a run was archived; None if it is in the log."""
        archived = next(self.recorder_events(RunArchived.type, run_id=run_id), None)
        event = None if archived is None else archived.from_recorder
        return event if isinstance(event, RunArchived) else None

    def archivals(self, run_ids: Iterable[str]) -> dict[str, RunArchived]:
        """Return where those of many runs are that were archived, by the run."""
        events = self._decode(self.log.recorder_events_of(RunArchived.type, run_ids))
        return {each.run_id: made for each in events if isinstance(made := each.from_recorder, RunArchived)}

    def require_unarchived(self, runs: Iterable[str]) -> None:
        """Raise an error if one of *runs* was archived.

        Raises:
            UsageError: It was; its content is in a bundle.
        """
        for run_id, archived in self.archivals(runs).items():
            raise UsageError(archived_sentence(run_id, archived))

    def provenance(self) -> dict[str, RunProvenance]:
        """Return the provenance of each imported run, by its id; a run imported again keeps that of the first import.

        A run that was recorded in this log is not among them.
        """
        provenance: dict[str, RunProvenance] = {}
        for recorded in self.recorder_events(BundleImported.type):
            imported = recorded.from_recorder
            if recorded.run_id == LOG and isinstance(imported, BundleImported):
                for run in imported.runs:
                    run_id = as_text(as_mapping(run).get("run_id")) or ""
                    source = RunProvenance(imported.origin, imported.key, recorded.event.timestamp)
                    provenance.setdefault(run_id, source)
        return provenance

    def origin(self) -> str:
        """Return the log's name, as its checkpoints have it.

        Raises:
            UsageError: The log is empty, and does not have one yet.
        """
        origin = self.log.origin()
        if origin is None:
            raise UsageError(
                f"The log {self.log.describe()!r} is empty, so it does not have a name yet; its first event gives it"
                " one. Audit a site first."
            )
        return origin

    def close(self) -> None:
        """Close the log."""
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _decode(self, events: Iterable[StoredEvent]) -> Iterator[RecordedEvent]:
        """Yield stored events as recorded ones; for an erased event, look up its redaction, or its run's archiving."""
        run_id, redactions = "", dict[tuple[str, int], Redaction]()  # of the last run with an erased event
        archival: Redaction | None = None
        for stored in events:
            if stored.body is not None:
                yield from_row(stored)
                continue
            observation = (stored.source, stored.seq)
            if stored.run_id != run_id or (observation not in redactions and archival is None):
                run_id, redactions = stored.run_id, self.redactions(stored.run_id)
                archival = archival_in(self.log.recorder_events(RunArchived.type, run_id=run_id))
            yield from_row(stored, redactions.get(observation, archival))


def database_address(database: str | Path | None) -> str:
    """Return the name of a database for messages: its file, or its URL without the password."""
    from store.backends.connect import address_of

    return address_of(database or default_database())


def archived_sentence(run_id: str, archived: RunArchived) -> str:
    """Return where an archived run is, and how it is read back."""
    return (
        f"Run {run_id!r} was archived in {archived.path!r}; that bundle has its events and its report, and `veritas"
        f" import {shlex.quote(archived.path)} --db OTHER` reads it into another log."
    )


def _audit_of(run_id: str) -> str:
    """Return the audit of a run; of a stream that is not a run's, such as a batch's, its own name."""
    return run_id.rpartition(".")[0] or run_id


def _number_of(run_id: str) -> int:
    number = run_id.rpartition(".")[2]
    return int(number) if number.isdigit() else 0
