"""A log for the tests of commands, written through the recorder as an audit writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import write_all
from tests.databases import postgresql
from veritas.archive.keys import create_signing_key

__all__ = ["postgresql"]


@pytest.fixture(autouse=True)
def own_key(own_environment: None) -> None:
    """Give the user of the tests a key, so that no command announces a new one."""
    create_signing_key()


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with three audits; the tests only read it."""
    database = tmp_path_factory.mktemp("log") / "veritas.db"
    write_all(database)
    return database


@pytest.fixture
def invoke(log: Path) -> Invoke:
    """Run the command line on that log."""
    return invoke_in(log)


@pytest.fixture
def invoke_empty(tmp_path: Path) -> Invoke:
    """Run the command line without a log."""
    return invoke_in(tmp_path / "veritas.db")
