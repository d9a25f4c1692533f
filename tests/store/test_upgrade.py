"""A database is created, recognised, upgraded or refused by its contents; migrations give the declared schema."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from store import upgrade
from store.backends.connect import find_database
from store.errors import DatabaseMissing, DatabaseNewer, DatabaseOutdated, NotAnEventLog, StoreError
from store.log import EventLog
from store.new_log import SCRIPTS
from store.schema import metadata
from tests.databases import postgresql_schema
from tests.store.making import record, records
from tests.store.new_log import DIALECTS, script
from tests.store.raw import raw_connection

CHECKOUT = Path(__file__).parents[2]
HEAD = upgrade.HEAD  # before any test replaces it
LATER = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None


def upgrade():
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
    {then}
"""


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that turns this store into a later release, which has one more migration."""

    def release(then: str = "") -> None:
        migrations = tmp_path / "100% migrations"
        shutil.copytree(upgrade.MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
        (migrations / "versions" / "9999_later.py").write_text(LATER.format(head=upgrade.HEAD, then=then))
        monkeypatch.setattr(upgrade, "MIGRATIONS", migrations)
        monkeypatch.setattr(upgrade, "HEAD", "9999")

    return release


def test_the_head_is_the_newest_migration() -> None:
    """The constant that opening compares with is the revision that Alembic finds."""
    config = Config()
    config.set_main_option("script_location", str(upgrade.MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [upgrade.HEAD]
    for each in scripts.walk_revisions():
        assert Path(each.path).name.startswith(f"{each.revision}_")


def test_migrations_do_not_import_the_store() -> None:
    """A migration never changes, whatever the schema becomes later."""
    for path in (upgrade.MIGRATIONS / "versions").glob("*.py"):
        assert not re.search(r"^\s*(from|import) (store|veritas)", path.read_text(), re.MULTILINE), path


def migrated(database: str) -> Any:
    """Run the migrations, and return the database's description of its schema."""
    config = Config()
    config.set_main_option("script_location", str(upgrade.MIGRATIONS))
    opened = find_database(database)
    with opened.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    opened.close()
    return described(database)


def created(database: str) -> Any:
    EventLog.open(database).close()
    return described(database)


def described(database: str) -> Any:
    with raw_connection(database) as raw:
        if not raw.is_postgresql:
            return {
                name: re.sub(r"\s+", " ", sql or "")
                for name, sql in raw.execute("SELECT type || ' ' || name, sql FROM sqlite_master").fetchall()
            }
        schema = raw.execute("SELECT current_schema()").fetchone()[0]
        queries = (
            "SELECT table_name, column_name, ordinal_position, data_type, is_nullable, column_default, collation_name"
            " FROM information_schema.columns WHERE table_schema = ?",
            "SELECT c.relname, d.objsubid, d.description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ?",
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = ?",
            "SELECT conname, pg_get_constraintdef(c.oid) FROM pg_constraint c"
            " JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = ?",
            "SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT tgisinternal AND n.nspname = ?",
            "SELECT proname, pg_get_functiondef(p.oid) FROM pg_proc p"
            " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ?",
            "SELECT relname, relkind::text FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ?",
        )
        results = [[tuple(map(str, row)) for row in raw.execute(query, schema).fetchall()] for query in queries]
        return [{tuple(part.replace(schema, "SCHEMA") for part in row) for row in rows} for rows in results]


@pytest.mark.parametrize("kind", DIALECTS)
def test_a_new_log_has_the_declared_schema(kind: str) -> None:
    """`python -m tests.store.new_log` writes the statements that create it."""
    assert (SCRIPTS / f"new_log.{kind}.sql").read_text(encoding="utf-8") == script(kind)


def test_a_new_log_has_the_migrated_schema_on_sqlite(tmp_path: Path) -> None:
    """Tables, columns, indexes and triggers are equal to the letter."""
    actual = created(str(tmp_path / "created.db"))
    assert actual == migrated(str(tmp_path / "migrated.db"))
    assert {"table event", "table artifact", "trigger event_insert", "index ix_event_type_position"} <= set(actual)


def test_a_new_log_has_the_migrated_schema_on_postgresql(postgresql: str) -> None:
    """Columns, comments, indexes, constraints, triggers and functions are equal, and there is no sequence."""
    actual = created(postgresql)
    with postgresql_schema() as other:
        assert actual == migrated(other)
    assert not any(kind == "S" for _, kind in actual[-1])
    assert sum(table == "event" for table, _, comment in actual[1] if comment) == 17


def test_creating_and_opening_a_log_does_not_import_alembic(sqlite: str) -> None:
    """Nor SQLAlchemy: both together take half a second."""
    code = f"""
import sys
from store.log import EventLog

for _ in range(2):
    EventLog.open({sqlite!r}).close()
print({{"alembic", "sqlalchemy"}} & {{*sys.modules}})
"""
    assert subprocess.check_output([sys.executable, "-c", code], cwd=CHECKOUT, text=True) == "set()\n"


def test_every_table_and_column_has_a_comment() -> None:
    for table in metadata.sorted_tables:
        assert table.comment
        for column in table.columns:
            assert column.comment, column


def alembic(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alembic", "-x", f"database={database}", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_alembic_works_from_the_checkout(database: str) -> None:
    """`upgrade head` creates a log, and `check` finds no difference from the migrations."""
    actual = alembic(database, "upgrade", "head")
    assert (actual.returncode, actual.stdout) == (0, ""), actual.stderr
    with EventLog.open(database, create=False) as log:
        assert log.append([record(1)]) == [1]
    checked = alembic(database, "check")
    assert (checked.returncode, checked.stdout) == (0, "No new upgrade operations detected.\n"), checked.stderr


def test_alembic_takes_the_database_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERITAS_DB", str(tmp_path / "set.db"))
    command.upgrade(Config(str(CHECKOUT / "alembic.ini")), "head")
    assert upgrade.current(tmp_path / "set.db") == upgrade.HEAD


def test_the_log_is_not_downgraded(sqlite: str) -> None:
    """A command that sounds harmless must not delete recorded events."""
    EventLog.open(sqlite).close()
    refused = alembic(sqlite, "downgrade", "base")
    assert refused.returncode != 0
    assert upgrade.current(sqlite) == upgrade.HEAD


def test_opening_without_create_creates_nothing(database: str, tmp_path: Path) -> None:
    """Looking for a log leaves no file behind."""
    before = list(tmp_path.iterdir())
    with pytest.raises(DatabaseMissing, match="There is no log at"):
        EventLog.open(database, create=False)
    assert upgrade.current(database) is None
    assert list(tmp_path.iterdir()) == before


def test_a_log_is_created_in_an_empty_file(sqlite: str) -> None:
    """`mktemp`, for example, leaves such a file."""
    Path(sqlite).touch()
    with EventLog.open(sqlite) as log:
        assert log.append([record(1)]) == [1]


def test_a_database_with_other_tables_is_refused_and_not_changed(database: str) -> None:
    with raw_connection(database) as raw:
        raw.execute("CREATE TABLE bookmark (url TEXT)")
    before = Path(database).read_bytes() if not database.startswith("postgresql") else b""
    for attempt in (EventLog.open, upgrade.current, lambda address: upgrade.upgrade(address, print)):
        with pytest.raises(NotAnEventLog, match="bookmark"):
            attempt(database)
    if before:
        assert Path(database).read_bytes() == before
        assert not Path(f"{database}-wal").exists()


@pytest.mark.parametrize("revisions", [[], ["1975ea83b712"], ["0001", "0002"], ["head"]])
def test_a_database_of_another_program_that_uses_alembic_is_refused(database: str, revisions: list[str]) -> None:
    with raw_connection(database) as raw:
        raw.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        raw.execute("CREATE TABLE event (id INTEGER)")
        raw.execute("CREATE TABLE artifact (id INTEGER)")
        for revision in revisions:
            raw.execute("INSERT INTO alembic_version VALUES (?)", revision)
    with pytest.raises(NotAnEventLog):
        EventLog.open(database)


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG" * 500)
    with pytest.raises(NotAnEventLog, match=r"picture\.png"):
        EventLog.open(picture)
    assert picture.read_bytes() == b"\x89PNG" * 500


def test_a_newer_log_is_refused(database: str) -> None:
    EventLog.open(database).close()
    with raw_connection(database) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0907'")
    for attempt in (EventLog.open, lambda address: upgrade.upgrade(address, print)):
        with pytest.raises(DatabaseNewer, match=r"0907.*upgrade VERITAS"):
            attempt(database)
    assert upgrade.current(database) == "0907"


def test_an_older_log_is_refused_until_it_is_upgraded(database: str, next_release: Callable[..., None]) -> None:
    """The message names the command; the upgrade keeps every event, and new ones are appended after them."""
    with EventLog.open(database) as log:
        log.append(records(1, 5))
        before = list(log.read())
    next_release()
    with pytest.raises(DatabaseOutdated, match=rf"{HEAD}.*9999.*`veritas db upgrade`"):
        EventLog.open(database)
    sentences: list[str] = []
    upgrade.upgrade(database, sentences.append)
    assert f"from revision {HEAD} to 9999" in sentences[-1]
    assert upgrade.current(database) == "9999"
    with EventLog.open(database) as log:
        assert list(log.read()) == before
        assert log.append([record(6)]) == [6]
        fault = log.verify().fault  # this release does not know the table that the later one has
        assert fault is None or fault.detail == "the table 'later' was added"
    upgrade.upgrade(database, sentences.append)
    assert "the newest" in sentences[-1]


def test_an_sqlite_file_is_copied_before_it_is_upgraded(sqlite: str, next_release: Callable[..., None]) -> None:
    """The copy has the events of the write-ahead log, is at the old revision, and its name has revision and time."""
    with EventLog.open(sqlite) as log:
        log.append(records(1, 5))
        next_release()
        sentences: list[str] = []
        upgrade.upgrade(sqlite, sentences.append)
    (copy,) = Path(sqlite).parent.glob("*.backup")
    assert re.fullmatch(rf"log\.db\.{HEAD}\.\d{{8}}T\d{{6}}\.\d{{6}}Z\.backup", copy.name)
    assert str(copy) in sentences[0]
    assert upgrade.current(copy) == HEAD
    connection = sqlite3.connect(copy)
    assert connection.execute("SELECT count(*) FROM event").fetchone() == (5,)
    connection.close()


def test_a_failed_upgrade_changes_nothing(database: str, next_release: Callable[..., None]) -> None:
    with EventLog.open(database) as log:
        log.append(records(1, 5))
    next_release("raise RuntimeError('halfway')")
    with pytest.raises(RuntimeError, match="halfway"):
        upgrade.upgrade(database, lambda sentence: None)
    assert upgrade.current(database) == HEAD
    with raw_connection(database) as raw:
        assert raw.count() == 5
        with pytest.raises(Exception, match="later"):
            raw.execute("SELECT * FROM later")


def test_a_revision_that_was_lowered_by_hand_is_explained(database: str) -> None:
    """The tables are there already."""
    EventLog.open(database).close()
    with raw_connection(database) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(StoreError, match=r"from revision 0001 \(.*\), .* by hand, change it back"):
        upgrade.upgrade(database, lambda sentence: None)
    assert upgrade.current(database) == "0001"


def test_a_postgresql_dump_is_left_to_its_operator(postgresql: str, next_release: Callable[..., None]) -> None:
    EventLog.open(postgresql).close()
    next_release()
    sentences: list[str] = []
    upgrade.upgrade(postgresql, sentences.append)
    assert "pg_dump" in sentences[0]


def test_upgrading_a_missing_log_creates_it(database: str) -> None:
    sentences: list[str] = []
    upgrade.upgrade(database, sentences.append)
    assert sentences == [f"Created the log {find_database(database).address!r} at revision {upgrade.HEAD}."]
    EventLog.open(database, create=False).close()
