"""ArtifactCheck: check attachments against the events that have them."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from store.backends.base import Database
from store.records import StoredEvent
from store.verify.fault import ARTIFACT_DIFFERS, ARTIFACT_MISSING, INSERTED, Fault

# Returns an attachment's media type, given the event's body and the attachment's bytes; None if they do not define it.
MediaType = Callable[[bytes, bytes], str | None]

_MOST_REMEMBERED = 50_000  # attachments that are known to be unaltered


class ArtifactCheck:
    """Checks each attachment once, at the first event that has it.

    The bytes must match the SHA-256, which the event's hash covers, and the size must match the bytes. The attachment
    must have been recorded at the time of the first event that has it, with the media type that follows from that
    event's body; if the body is redacted, the media type is not checked.
    """

    def __init__(self, database: Database, media_type: MediaType | None) -> None:
        self._database = database
        self._media_type = media_type
        self._unaltered: set[bytes] = set()

    def check(self, event: StoredEvent, digest: bytes) -> Fault | None:
        """Check an event's attachment, and return the fault."""
        if digest in self._unaltered:
            return None
        row = self._database.row(
            "SELECT bytes, size, media_type, recorded_at FROM artifact WHERE sha256 = ?", (digest,)
        )
        if row is None:
            return _fault(event, ARTIFACT_MISSING, f"the log has no artifact {digest.hex()}")
        data, size, media_type, recorded_at = row
        if data is None:
            if event.body is None or self._is_erased(event):
                return None  # removed with the body, by the same redaction
            return _fault(event, ARTIFACT_MISSING, f"the bytes of artifact {digest.hex()} are missing")
        if not isinstance(data, bytes) or len(data) != size or sha256(data).digest() != digest:
            return _fault(event, ARTIFACT_DIFFERS, f"artifact {digest.hex()} is not what was recorded")
        if self._is_first(event, digest):
            if recorded_at != event.recorded_at:
                return _fault(event, ARTIFACT_DIFFERS, f"artifact {digest.hex()} was not recorded at its stated time")
            expected = None if event.body is None or self._media_type is None else self._media_type(event.body, data)
            if expected is not None and media_type != expected:
                return _fault(
                    event, ARTIFACT_DIFFERS, f"artifact {digest.hex()} is not {media_type!r:.60} but {expected!r:.60}"
                )
        if len(self._unaltered) >= _MOST_REMEMBERED:
            self._unaltered.clear()
        self._unaltered.add(digest)
        return None

    def orphan(self) -> Fault | None:
        """Return the fault of an attachment that no event has; None if there is no such attachment."""
        row = self._database.row(
            "SELECT sha256 FROM artifact WHERE NOT EXISTS (SELECT 1 FROM event WHERE artifact = artifact.sha256)"
            " ORDER BY sha256 LIMIT 1"
        )
        if row is None:
            return None
        name = row[0].hex() if isinstance(row[0], bytes) else repr(row[0])
        return Fault(None, None, INSERTED, f"no event has the artifact {name:.64}")

    def _is_erased(self, event: StoredEvent) -> bool:
        """Return whether an event's body is erased now; a redaction can happen after the event was read."""
        row = self._database.row("SELECT body IS NULL FROM event WHERE position = ?", (event.position,))
        return row is not None and bool(row[0])

    def _is_first(self, event: StoredEvent, digest: bytes) -> bool:
        query = "SELECT 1 FROM event WHERE artifact = ? AND position < ? LIMIT 1"
        return self._database.row(query, (digest, event.position)) is None


def _fault(event: StoredEvent, what: str, detail: str) -> Fault:
    return Fault(event.position, event.run_id, what, detail)
