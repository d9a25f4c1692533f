"""Create a log in an empty database: run the statements of a file, which spares the import of SQLAlchemy and Alembic.

The statements are written from the declared schema by `python -m tests.store.new_log`; a test checks that a log that
they create and one that the migrations create are equal.
"""

from __future__ import annotations

from pathlib import Path

import store
from store.backends.base import Database

SCRIPTS = Path(store.__file__).parent
SEPARATOR = "\n\n"  # between two statements


def create_log(database: Database) -> None:
    """Create a log in one transaction; a process that does so at the same time waits, and finds it."""
    script = SCRIPTS.joinpath(f"new_log.{database.backend}.sql").read_text(encoding="utf-8")
    database.prepare()
    with database.writing() as cursor:
        if database.tables():
            return
        if database.backend == "postgresql":
            cursor.execute("SELECT coalesce(quote_ident(current_schema()), '')")
            script = script.replace("{schema}", cursor.fetchall()[0][0])
        for statement in script.split(SEPARATOR):
            cursor.execute(statement)
