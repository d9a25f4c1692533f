"""A file that is there whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from veritas.errors import UsageError


@contextmanager
def atomic_file(target: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Give a file to write, which takes the name *target* at the end of the block, and goes where the block fails.

    Args:
        force: Whether a file that is there may be replaced.

    Raises:
        UsageError: The file is there already, or cannot be there.
    """
    if target.exists() and not target.is_file():
        raise UsageError(f"{str(target)!r} is no file that could be replaced; give another name.")
    if target.exists() and not force:
        raise _exists_already(target)
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {str(target.parent)!r}; make it, or give another name.")
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}.unfinished")
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if force:
            unfinished.replace(target)
        elif not rename_exclusive(unfinished, target):
            raise _exists_already(target)
    finally:
        unfinished.unlink(missing_ok=True)


def rename_exclusive(unfinished: Path, path: Path) -> bool:
    """Give a file its name unless there is one of that name; return whether it has it now.

    A hard link would never take another's place either, but not every file system has them.
    """
    if sys.platform == "win32":
        try:
            unfinished.rename(path)  # which takes nobody's place there
        except FileExistsError:
            return False
        return True
    import fcntl

    directory = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)  # closing the directory gives it back
        if path.exists():
            return False
        unfinished.rename(path)
        return True
    finally:
        os.close(directory)


def _exists_already(target: Path) -> UsageError:
    return UsageError(f"{str(target)!r} exists already; give another name, or --force to replace it.")


_LONGEST_BASE = 48  # Chromium adds `/vrts-XXXXXXXX/org.chromium.Chromium.XXXXXX/SingletonSocket`, of 107 bytes at most
_REMOVAL_TIMEOUT = 2.0


@contextmanager
def scratch_directory() -> Iterator[str]:
    """Make a directory with mode 0700 and a short path, and remove it with the block.

    Raises:
        OSError: There is no place for it.
    """
    base = tempfile.gettempdir()
    if os.name != "nt" and len(os.fsencode(base)) > _LONGEST_BASE:
        base = "/tmp"
    directory = tempfile.mkdtemp(prefix="vrts-", dir=base)
    try:
        yield directory
    finally:
        remove_directory(directory)


def remove_directory(directory: str | None) -> None:
    """Remove *directory* with all that is in it, if there is one.

    A process that is just being killed may write to it a moment longer; what cannot be removed for `_PATIENCE` stays.
    """
    deadline = time.monotonic() + _REMOVAL_TIMEOUT
    while directory is not None and Path(directory).is_dir():
        shutil.rmtree(directory, ignore_errors=True)
        if time.monotonic() > deadline:
            return
        time.sleep(0.01)
