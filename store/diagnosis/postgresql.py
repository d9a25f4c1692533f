"""PostgresDiagnosis: examine a log in a PostgreSQL database, and its server."""

from __future__ import annotations

from collections.abc import Iterator

from store.backends.postgresql import PostgresDatabase
from store.diagnosis.check import OK, WARNING, WRONG, Check
from store.errors import StoreError

_VITAL_SETTINGS = ("fsync", "full_page_writes")  # if one is off, a power loss can destroy the whole database
_WRITABLE = """
    SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on',
      has_table_privilege('event', 'INSERT') AND has_table_privilege('event', 'UPDATE')
      AND has_table_privilege('artifact', 'INSERT') AND has_table_privilege('artifact', 'UPDATE')
"""


class PostgresDiagnosis:
    """Examines a log in a PostgreSQL database."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    def environment(self) -> Iterator[Check]:
        """Check the server."""
        try:
            version = self._setting("server_version")
            off = [name for name in (*_VITAL_SETTINGS, "synchronous_commit") if self._setting(name) == "off"]
        except StoreError:
            return  # the check of the database reports the error
        yield Check("server", OK, f"PostgreSQL {version}")
        if not off:
            yield Check("durability", OK, "a committed event survives a power loss")
            return
        yield Check(
            "durability",
            WRONG if set(off) & set(_VITAL_SETTINGS) else WARNING,
            f"the server runs with {', '.join(f'{name} off' for name in off)}: a power loss can lose recorded events",
            "switch it on in the server's configuration",
        )

    def database(self) -> Iterator[Check]:
        """Check whether the log can be written to."""
        where = repr(self._database.address)
        standby, read_only, granted = self._database.row(_WRITABLE)
        if standby:
            yield Check("database", WARNING, f"{where} is a standby, and can only be read", "record on its primary")
        elif read_only:
            remedy = "set default_transaction_read_only to off to record"
            yield Check("database", WARNING, f"{where} is set to read only", remedy)
        elif not granted:
            remedy = "use a role that may insert into and update `event` and `artifact`"
            yield Check("database", WARNING, f"{where} can be read but not written by this role", remedy)
        else:
            (size,) = self._database.row("SELECT pg_size_pretty(pg_database_size(current_database()))")
            yield Check("database", OK, f"{where} ({size})")

    def integrity(self) -> Iterator[Check]:
        """Check whether the server would detect a page that the disk has corrupted."""
        if self._setting("data_checksums") == "on":
            yield Check("integrity", OK, "the server checks each page that it reads (data checksums)")
        else:
            finding = "the server does not detect a page that the disk has corrupted (data checksums are off)"
            yield Check("integrity", WARNING, finding, "stop the server and run `pg_checksums --enable`")

    def _setting(self, name: str) -> str:
        value: str = self._database.row("SELECT current_setting(?)", (name,))[0]
        return value
