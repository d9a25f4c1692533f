"""Binary attachments, each kept once under its SHA-256."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from store.errors import ArtifactAltered, ArtifactMissing
from store.text import storable

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

    from store.backends.base import Database

UNKNOWN_MEDIA_TYPE = "application/octet-stream"

_INSERT = "INSERT INTO artifact (sha256, media_type, size, bytes, recorded_at) VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A binary attachment of an event, such as a screenshot."""

    data: bytes = field(repr=False)
    media_type: str
    sha256: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", sha256(self.data).digest())


def put_artifacts(
    database: Database, cursor: DBAPICursor, attachments: Iterable[Attachment], *, recorded_at: int
) -> None:
    """Store the attachments that the log does not have yet; *cursor* is in a transaction that holds the write lock.

    If a redaction removed an attachment's bytes, they are stored again, because a new event has the attachment.
    """
    known = database.sql("SELECT bytes IS NULL FROM artifact WHERE sha256 = ?")
    restore = database.sql(
        "UPDATE artifact SET bytes = ?, size = ?, media_type = CASE WHEN size = 0 THEN ? ELSE media_type END"
        " WHERE sha256 = ?"
    )
    first = {attachment.sha256: attachment for attachment in reversed(list(attachments))}  # of those with equal bytes
    for attachment in first.values():
        data, size, media_type = attachment.data, len(attachment.data), storable(attachment.media_type)
        cursor.execute(known, (attachment.sha256,))
        stored = cursor.fetchone()
        if stored is None:
            cursor.execute(database.sql(_INSERT), (attachment.sha256, media_type, size, data, recorded_at))
        elif stored[0]:
            cursor.execute(restore, (data, size, media_type, attachment.sha256))


def put_absent_artifact(database: Database, cursor: DBAPICursor, digest: bytes, *, recorded_at: int) -> None:
    """Store the SHA-256 of an attachment whose bytes this log never received, unless the log has it already.

    Its media type and size are unknown; a size of 0 without bytes marks that.
    """
    cursor.execute(database.sql("SELECT 1 FROM artifact WHERE sha256 = ?"), (digest,))
    if cursor.fetchone() is None:
        cursor.execute(database.sql(_INSERT), (digest, UNKNOWN_MEDIA_TYPE, 0, None, recorded_at))


def get_artifact(database: Database, digest: bytes) -> Attachment:
    """Return the attachment with this SHA-256.

    Raises:
        ArtifactMissing: The log does not have it, or its bytes were removed.
        ArtifactAltered: Its bytes are not those that were stored.
    """
    row = database.row("SELECT bytes, media_type FROM artifact WHERE sha256 = ?", (digest,))
    if row is None:
        raise ArtifactMissing(f"The log has no artifact {digest.hex()!r}.")
    if row[0] is None:
        raise ArtifactMissing(f"The bytes of artifact {digest.hex()!r} were removed from the log.")
    data, media_type = row
    if not isinstance(data, bytes) or sha256(data).digest() != digest:
        raise ArtifactAltered(f"Artifact {digest.hex()!r} was altered; `veritas verify` shows what else was altered.")
    return Attachment(data, media_type)
