"""One shell for all pages, with one demo and one audit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pty")

from tests.docs.shell import Shell, shell


@pytest.fixture(scope="session")
def pages_shell() -> Iterator[Shell]:
    """Give the shell that the pages are run in."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory, shell(Path(directory)) as running:
        yield running
