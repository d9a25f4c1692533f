"""One shell for all pages, with one demo and one audit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.docs.shell import Shell


@pytest.fixture(scope="session")
def pages_shell() -> Iterator[Shell]:
    """Give the shell that the pages are run in."""
    from tests.docs.shell import shell  # which needs terminals, as only the tests of the commands do

    with tempfile.TemporaryDirectory(dir="/tmp") as directory, shell(Path(directory)) as running:
        yield running
