"""Write an evidence bundle from a log, page by page, so that memory does not grow with the runs.

The events, the checkpoint and the report determine every byte; the exporting machine and the time do not. The bundle is
not verified here: `store.bundle.verifier` does that before it is handed out.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from store.bundle.format import (
    CHECKPOINT,
    EVENTS,
    FORMAT,
    FORMAT_NAME,
    LONGEST_LINE,
    MANIFEST,
    MOST_REDACTED,
    REPORT,
    VERSION,
    BundledFile,
    BundledRun,
    CheckpointSummary,
    Manifest,
    artifact_name,
    encode_event,
    format_text,
)
from store.bundle.zip import ZipWriter
from store.errors import BundleTooLarge
from store.proofs.hash_chain import FIRST_PREVIOUS
from store.proofs.merkle import cover
from store.proofs.signed_note import Checkpoint, VerifierKey
from store.records import REDACTION, StoredEvent

SubtreeRoot = Callable[[int, int], bytes]


def write_bundle(
    file: BinaryIO,
    runs: Iterable[Iterable[StoredEvent]],
    *,
    checkpoint: Checkpoint,
    key: VerifierKey,
    note: bytes,
    subtree_root: SubtreeRoot,
    artifact: Callable[[bytes], bytes],
    report: Callable[[Manifest], Iterable[bytes]],
) -> None:
    """Write a bundle to an empty file.

    Args:
        file: The file, which must be seekable.
        runs: The events of each run, by position.
        checkpoint: A checkpoint that covers them all.
        key: The key that signed it.
        note: The checkpoint with its signature.
        subtree_root: Returns the root over the leaves from one to another, without the latter.
        artifact: Returns an artifact's bytes.
        report: Returns `report.html`, given the manifest without that file; called after all other files are written.

    Raises:
        BundleTooLarge: The runs do not fit into a bundle.
        StoreError: The log cannot be read, or does not have what its events need.
    """
    zip, files = ZipWriter(file), list[BundledFile]()
    lines = EventLines(heapq.merge(*runs), subtree_root)

    def add(name: str, chunks: Iterable[bytes]) -> None:
        member, digest = zip.add(name, chunks)
        files.append(BundledFile(name, member.size, digest.hex()))

    add(FORMAT, [format_text()])
    add(CHECKPOINT, [note])
    add(EVENTS, lines)
    for digest in sorted(lines.artifacts):
        add(artifact_name(digest), [artifact(digest)])
    manifest = Manifest(
        format=FORMAT_NAME,
        version=VERSION,
        runs=[BundledRun(run_id, run.events, run.redacted, run.head.hex()) for run_id, run in lines.runs.items()],
        checkpoint=CheckpointSummary(checkpoint.origin, checkpoint.size, checkpoint.root.hex()),
        key=str(key),
        rest=[subtree_root(start, start + leaves).hex() for start, leaves in cover(lines.size, checkpoint.size)],
        files=files,
    )
    add(REPORT, report(manifest))
    zip.add(MANIFEST, [manifest.encode()])
    zip.close()


class EventLines:
    """The lines of `events.jsonl`, without proofs if there is no *subtree_root*, and a summary of those yielded.

    Attributes:
        size: The position of the last event.
        runs: The summary of each run.
        artifacts: The artifacts of events that have a body.
    """

    def __init__(self, events: Iterable[StoredEvent], subtree_root: SubtreeRoot | None) -> None:
        self.size = 0
        self.runs: dict[str, _Run] = {}
        self.artifacts: set[bytes] = set()
        self._redacted = 0  # events without a body, and redactions
        self._events = events
        self._subtree_root = subtree_root

    def __iter__(self) -> Iterator[bytes]:
        for event in self._events:
            line = encode_event(event, self._proof(event.position))
            if len(line) > LONGEST_LINE:
                raise BundleTooLarge(
                    f"The event at position {event.position} has {len(line):,} bytes, more than a bundle can hold."
                )
            self._redacted += event.body is None or (event.source, event.type) == REDACTION
            if self._redacted > 2 * MOST_REDACTED:
                raise BundleTooLarge(
                    f"There are more than {MOST_REDACTED:,} redacted events, more than a bundle can hold; export the"
                    " audit's runs one by one."
                )
            self.size = event.position
            run = self.runs.setdefault(event.run_id, _Run())
            run.events += 1
            run.redacted += event.body is None
            run.head = event.hash
            if event.artifact is not None and event.body is not None:
                self.artifacts.add(event.artifact)
            yield line

    def _proof(self, position: int) -> list[bytes]:
        """Return the roots for the gap between the last event and the one at *position*."""
        if self._subtree_root is None:
            return []
        return [self._subtree_root(start, start + leaves) for start, leaves in cover(self.size, position - 1)]


@dataclass(slots=True)
class _Run:
    """The number of a run's events and of its redacted events, and the hash of the last event."""

    events: int = 0
    redacted: int = 0
    head: bytes = FIRST_PREVIOUS
