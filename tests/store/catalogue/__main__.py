"""`python -m tests.store.catalogue`: write the catalogues of a new log, which `store.catalogue` compares logs with."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from pathlib import Path

import store.catalogue
from store.backends.connect import find_database
from store.log import EventLog
from tests.databases import postgresql_schema

DECLARED = Path(store.catalogue.__file__).parent / "declared"


def catalogue_text(database: str) -> str:
    """Create a log, and return its catalogue as the text of a file."""
    EventLog.open(database).close()
    with closing(find_database(database)) as opened:
        return json.dumps(opened.catalogue(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write both files."""
    with tempfile.TemporaryDirectory() as directory, postgresql_schema() as postgresql:
        for name, database in (("sqlite", f"{directory}/log.db"), ("postgresql", postgresql)):
            (DECLARED / f"{name}.json").write_text(catalogue_text(database), "utf-8")


if __name__ == "__main__":
    main()
