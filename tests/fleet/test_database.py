"""The fleet's tables are created and upgraded by one command, beside the log and apart from it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.cli.invoking import invoke_in
from tests.databases import postgresql_schema
from tests.fleet.conftest import Fleet
from veritas.archive.archive import Archive
from veritas.errors import FleetNotReady, UsageError
from veritas.fleet.database import FleetDatabase


def test_a_second_setup_does_nothing(fleet: Fleet) -> None:
    assert fleet.tables.set_up() == []
    assert fleet.tables.require_ready() is fleet.tables


def test_several_setups_at_once_leave_one_fleet(postgresql: str) -> None:
    errors: list[BaseException] = []

    def set_up() -> None:
        try:
            with Archive.open(postgresql) as archive, FleetDatabase.of(archive) as tables:
                tables.set_up()
                tables.require_ready()
        except BaseException as error:
            errors.append(error)

    with Archive.open(postgresql):
        threads = [threading.Thread(target=set_up) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors


def test_a_fleet_that_is_missing_or_old_is_named_with_the_remedy(postgresql: str) -> None:
    with Archive.open(postgresql) as archive, FleetDatabase.of(archive) as tables:
        with pytest.raises(FleetNotReady, match="has no fleet yet; create it by `veritas fleet setup`"):
            tables.require_ready()
        tables.set_up()
        with tables.transaction() as connection:
            connection.execute("DELETE FROM fleet_migration WHERE name LIKE 'procrastinate 03.04.00_50%'")
        with pytest.raises(FleetNotReady, match="are of an older version; stop its workers"):
            tables.require_ready()


def test_the_log_is_verified_and_compared_as_before(fleet: Fleet) -> None:
    """Its own schema has none of these tables."""
    fleet.submit("http://a.test/")
    invoke = invoke_in(fleet.address)
    assert invoke("verify").status == 0
    assert "schema" not in invoke("doctor").stderr.lower()
    assert not {table for table in fleet.archive.log._database.tables() if "fleet" in table or "procras" in table}


def test_two_logs_of_one_database_do_not_share_a_fleet(fleet: Fleet) -> None:
    fleet.submit("http://a.test/")
    with postgresql_schema() as other, Archive.open(other) as archive, FleetDatabase.of(archive) as tables:
        assert tables.missing_migrations() is None


def test_a_log_in_a_file_has_no_fleet(tmp_path: Path, sqlite_archive: Archive) -> None:
    with pytest.raises(UsageError, match="A fleet needs a log on PostgreSQL"):
        FleetDatabase.of(sqlite_archive)
    outcome = invoke_in(tmp_path / "new.db")("submit", "http://a.test/")
    assert (outcome.status, (tmp_path / "new.db").exists()) == (2, False)
    assert "veritas audit --from FILE" in outcome.stderr


def test_every_table_and_column_of_ours_is_described(fleet: Fleet) -> None:
    with fleet.tables.transaction() as connection:
        rows = connection.execute(
            "SELECT class.relname, attribute.attname FROM pg_class AS class JOIN pg_attribute AS attribute"
            " ON attribute.attrelid = class.oid AND attribute.attnum >= 0 WHERE class.relkind = 'r'"
            " AND class.relname LIKE 'fleet%' AND class.relnamespace = current_schema()::regnamespace"
            " AND col_description(class.oid, attribute.attnum) IS NULL"
        )
        assert rows.fetchall() == []
