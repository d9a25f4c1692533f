"""Each release's stored log, in a file and on a PostgreSQL server, as that release would have left it."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from store.backends.connect import find_database
from store.upgrade import MIGRATIONS
from tests.databases import postgresql, postgresql_schema, sqlite

__all__ = ["postgresql", "sqlite"]

HERE = Path(__file__).parent
RELEASES = sorted(path.name.removesuffix(".db.gz") for path in HERE.glob("*.db.gz"))


@dataclass(frozen=True)
class Release:
    """A log of a release, and what it must show.

    Attributes:
        revision: The revision of its schema.
        database: Its path or URL.
        expected: The output of that release for it.
    """

    revision: str
    database: str
    expected: dict[str, Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Return each kind of database."""
    name: str = request.param
    return name


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[Release]:
    """Yield each release's log, once on each kind of database."""
    revision = request.param
    expected = json.loads((HERE / f"{revision}.json").read_text())
    file = tmp_path / "veritas.db"
    file.write_bytes(gzip.decompress((HERE / f"{revision}.db.gz").read_bytes()))
    if kind == "sqlite":
        yield Release(revision, str(file), expected)
        return
    with postgresql_schema() as address:
        create_schema(address, revision)
        load(file, address)
        yield Release(revision, address, expected)


def create_schema(database: str, revision: str) -> None:
    """Create the schema of a revision in an empty database."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    opened = find_database(database)
    with opened.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    opened.close()


def load(file: Path, address: str) -> None:
    """Copy all rows of a log's file into a schema of the same revision, artifacts first: events refer to them."""
    with closing(sqlite3.connect(file)) as source, psycopg.connect(address) as target:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        for (table,) in source.execute(query).fetchall():
            if table == "alembic_version":
                continue
            rows = source.execute(f"SELECT * FROM {table} ORDER BY 1")
            names = [column[0] for column in rows.description]
            insert = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"
            for row in rows:
                target.execute(insert, row)
