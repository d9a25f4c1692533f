"""The files given to a command: checked to be of the expected kind."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import BinaryIO

from veritas.errors import UsageError

_SQLITE = b"SQLite format 3\0"
_READ_LIMIT = 1_000_001  # bytes: one more than a signed note may have


def read_checkpoint(file: BinaryIO) -> bytes:
    """Return the signed checkpoint in a file, as it was signed.

    Raises:
        UsageError: The file does not contain one.
    """
    from veritas.archive.integrity import checkpoint_in

    return checkpoint_in(file.read(_READ_LIMIT), repr(file.name))


def require_bundle(path: Path) -> None:
    """Refuse a file that is evidently not a bundle; whether it is a valid one shows when it is read.

    Raises:
        UsageError: It is a log, a checkpoint or a directory.
    """
    from store.errors import InvalidCheckpoint
    from store.proofs.signed_note import open_signed_note, restore_note

    name, quoted = str(path), shlex.quote(str(path))
    if path.is_dir():
        raise UsageError(f"{name!r} is a directory; give the bundle's file.")
    with path.open("rb") as file:
        beginning = file.read(_READ_LIMIT)
    if beginning.startswith(_SQLITE):
        raise UsageError(f"{name!r} is an SQLite database; if it is a log, `veritas verify --db {quoted}` checks it.")
    try:
        open_signed_note(restore_note(beginning), ())
    except InvalidCheckpoint:
        return
    raise UsageError(
        f"{name!r} is a signed checkpoint; `veritas verify --checkpoint {quoted}` checks the log against it."
    )
