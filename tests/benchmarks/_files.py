"""Temporary databases, which are deleted at the end of the `with` block."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.log import EventLog


@contextmanager
def temporary_log() -> Iterator[EventLog]:
    """Yield a new log."""
    with temporary_path() as path, EventLog.open(path) as log:
        yield log


@contextmanager
def temporary_path() -> Iterator[Path]:
    """Yield a path at which a database can be created."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory, "log.db")
