"""`python -m tests.store.catalogue`: write the catalogue of a new log in PostgreSQL, which logs are compared with."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import store.catalogue
from store.backends.connect import find_database
from store.log import EventLog
from tests.databases import postgresql_schema

STORED = Path(store.catalogue.__file__).with_name("postgresql.json")


def catalogue_text(database: str) -> str:
    """Create a log, and return its catalogue as the text of a file."""
    EventLog.open(database).close()
    with closing(find_database(database)) as opened:
        return json.dumps(opened.catalogue(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the file."""
    with postgresql_schema() as database:
        STORED.write_text(catalogue_text(database), "utf-8")


if __name__ == "__main__":
    main()
