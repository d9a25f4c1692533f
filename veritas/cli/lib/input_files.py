"""Files that are given to a command: read as what they are to be, or called what they are."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import BinaryIO

from veritas.errors import UsageError

_SQLITE = b"SQLite format 3\0"
_LARGEST_NOTE = 1_000_001  # bytes: one more than a note may have


def read_checkpoint(file: BinaryIO) -> bytes:
    """Return the signed checkpoint in a file.

    Raises:
        UsageError: It holds none.
    """
    from store.errors import InvalidCheckpoint
    from store.proofs.signed_note import open_signed_note

    note = file.read(_LARGEST_NOTE)
    try:
        open_signed_note(note, ())
    except InvalidCheckpoint as error:
        why = str(error).partition(": ")[2].rstrip(".")
        raise UsageError(
            f"{file.name!r} is no signed checkpoint ({why}); give a file that `veritas checkpoint -o FILE` wrote."
        ) from error
    return note


def require_bundle(path: Path) -> None:
    """See to it that a file is not something else that VERITAS makes; whether it is a bundle shows where it is read.

    Raises:
        UsageError: It is a log, a checkpoint or a directory.
    """
    from store.errors import InvalidCheckpoint
    from store.proofs.signed_note import open_signed_note

    name, quoted = str(path), shlex.quote(str(path))
    if path.is_dir():
        raise UsageError(f"{name!r} is a directory; give the bundle's file.")
    with path.open("rb") as file:
        beginning = file.read(_LARGEST_NOTE)
    if beginning.startswith(_SQLITE):
        raise UsageError(f"{name!r} is an SQLite database; if it is a log, `veritas verify --db {quoted}` checks it.")
    try:
        open_signed_note(beginning, ())
    except InvalidCheckpoint:
        return
    raise UsageError(f"{name!r} is a signed checkpoint; `veritas verify --checkpoint {quoted}` holds the log to it.")
