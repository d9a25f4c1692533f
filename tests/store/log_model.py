"""What a log is, as a plain list: events in the order in which they were appended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from store.log import Attachment, Observation, Record, StoredEvent

Name = tuple[str, str, int]  # run, source and number


def name_of(record: Record | StoredEvent) -> Name:
    """Return what an observation is told apart by."""
    return (record.run_id, record.source, record.seq)


@dataclass(frozen=True)
class Entry:
    """One event.

    Attributes:
        body: What it says; None where it was redacted.
    """

    name: Name
    body: bytes | None
    attachment: Attachment | None
    is_redaction: bool = False

    def contradicts(self, record: Record) -> bool:
        """Tell whether a record of the same name says something else; of what was redacted nobody knows."""
        return self.body is not None and (self.body, self.attachment) != (record.body, record.artifact)


@dataclass
class LogModel:
    """A log's events; the one at index i has position i + 1."""

    entries: list[Entry] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.entries)

    def position(self, name: Name) -> int | None:
        """Return where an observation is, None where it is not."""
        return next((at for at, entry in enumerate(self.entries, 1) if entry.name == name), None)

    def append(self, records: Sequence[Record]) -> list[int] | None:
        """Append, and return the positions; None for a conflict, which changes nothing."""
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

    def redact(self, run: str, observations: Sequence[Observation], notes: Sequence[Record]) -> list[Observation]:
        """Erase what observations say, append the notes of it, and return which had not been erased before."""
        erased = []
        for observation in observations:
            at = [entry.name for entry in self.entries].index((run, *observation))
            if self.entries[at].body is not None:
                self.entries[at] = replace(self.entries[at], body=None)
                erased.append(observation)
        self.entries += [Entry(name_of(note), note.body, note.artifact, is_redaction=True) for note in notes]
        return erased

    def keeps(self, attachment: Attachment) -> bool:
        """Tell whether an attachment is still needed."""
        return any(entry.attachment == attachment and entry.body is not None for entry in self.entries)
