"""A file that is there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from veritas.errors import UsageError


@contextmanager
def new_file(target: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Give a file to write, which takes the name *target* at the end of the block, and goes where the block fails.

    Args:
        force: Whether a file that is there may be replaced.

    Raises:
        UsageError: The file is there already, or cannot be there.
    """
    if target.exists() and not target.is_file():
        raise UsageError(f"{str(target)!r} is no file that could be replaced; give another name.")
    if target.exists() and not force:
        raise UsageError(f"{str(target)!r} exists already; give another name, or --force to replace it.")
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {str(target.parent)!r}; make it, or give another name.")
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}.unfinished")
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
