"""Write the statements that create a log, from its declared schema: `python -m tests.store.new_log`.

Run it after a change of `store.schema`, `store.guards`, `store.group_commit` or `store.upgrade.HEAD`; a test compares
what it writes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_mock_engine

from store.group_commit import group_commit
from store.guards import guards
from store.missing_tables import VERSION_TABLE
from store.new_log import SCRIPTS, SEPARATOR
from store.schema import metadata
from store.upgrade import HEAD

DIALECTS = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}
_VERSION = f"""
CREATE TABLE {VERSION_TABLE} (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num)
)
"""


def script(kind: str) -> str:
    """Return the statements that create a log on a kind of database."""
    statements = [_VERSION, f"INSERT INTO {VERSION_TABLE} (version_num) VALUES ('{HEAD}')"]

    def add(statement: Any, *_: object) -> None:
        text = str(statement.compile(dialect=engine.dialect)).replace("\t", "  ")
        statements.append("\n".join(line.rstrip() for line in text.splitlines()))

    engine = create_mock_engine(DIALECTS[kind], add)
    for table in metadata.sorted_tables:
        table.create(engine, checkfirst=False)
    statements.sort(key=_index)
    more = [*guards(kind), *(group_commit() if kind == "postgresql" else ())]
    return "".join(f"{statement.strip()};{SEPARATOR}" for statement in [*statements, *more])


def _index(statement: str) -> str:
    """Return what sorts indexes by name, after everything else: SQLAlchemy creates a table's in any order."""
    return statement if statement.startswith("CREATE INDEX") else ""


if __name__ == "__main__":
    for kind in DIALECTS:
        (SCRIPTS / f"new_log.{kind}.sql").write_text(script(kind), encoding="utf-8")
