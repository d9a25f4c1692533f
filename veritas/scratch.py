"""A private place for the temporary files of one child process, gone with its run however the child ends."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST_BASE = 48  # Chromium adds `/vrts-XXXXXXXX/org.chromium.Chromium.XXXXXX/SingletonSocket`, of 107 bytes at most
_PATIENCE = 2.0


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
    deadline = time.monotonic() + _PATIENCE
    while directory is not None and Path(directory).is_dir():
        shutil.rmtree(directory, ignore_errors=True)
        if time.monotonic() > deadline:
            return
        time.sleep(0.01)
