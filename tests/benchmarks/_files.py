"""Files for databases, which go with whoever asked for them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.log import EventLog


@contextmanager
def new_log() -> Iterator[EventLog]:
    """Give a new log."""
    with new_file() as path, EventLog.open(path) as log:
        yield log


@contextmanager
def new_file() -> Iterator[Path]:
    """Give a place for a database."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory, "log.db")
