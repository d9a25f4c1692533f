"""LogModel: a log as a plain list of events in the order in which they were appended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from store.log import Attachment, Observation, Record, StoredEvent

Name = tuple[str, str, int]  # run, source and number


def name_of(record: Record | StoredEvent) -> Name:
    """Return the name that identifies an observation."""
    return (record.run_id, record.source, record.seq)


@dataclass(frozen=True)
class Entry:
    """One event.

    Attributes:
        body: Its body; None if it was redacted.
    """

    name: Name
    body: bytes | None
    attachment: Attachment | None
    is_redaction: bool = False

    def contradicts(self, record: Record) -> bool:
        """Return whether a record of the same name has a different body; a redacted event contradicts none."""
        return self.body is not None and (self.body, self.attachment) != (record.body, record.artifact)


@dataclass
class LogModel:
    """A log's events; the one at index i has position i + 1."""

    entries: list[Entry] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.entries)

    def position(self, name: Name) -> int | None:
        """Return the position of an observation; None if it is not in the log."""
        return next((at for at, entry in enumerate(self.entries, 1) if entry.name == name), None)

    def append(self, records: Sequence[Record]) -> list[int] | None:
        """Append, and return the positions; None if there is a conflict, which changes nothing."""
        entries = list(self.entries)
        positions = {entry.name: at for at, entry in enumerate(entries, 1)}
        for record in records:
            position = positions.get(name_of(record))
            if position is None:
                entries.append(Entry(name_of(record), record.body, record.artifact))
                positions[name_of(record)] = len(entries)
            elif entries[position - 1].contradicts(record):
                return None
        self.entries = entries
        return [positions[name_of(record)] for record in records]

    def redact(self, run: str, observations: Sequence[Observation], redactions: Sequence[Record]) -> list[Observation]:
        """Erase observations, append the redaction events, and return the observations that were not erased before."""
        erased = []
        for observation in observations:
            at = [entry.name for entry in self.entries].index((run, *observation))
            if self.entries[at].body is not None:
                self.entries[at] = replace(self.entries[at], body=None)
                erased.append(observation)
        self.entries += [
            Entry(name_of(redaction), redaction.body, redaction.artifact, is_redaction=True) for redaction in redactions
        ]
        return erased

    def needs(self, attachment: Attachment) -> bool:
        """Return whether an attachment is still needed."""
        return any(entry.attachment == attachment and entry.body is not None for entry in self.entries)
