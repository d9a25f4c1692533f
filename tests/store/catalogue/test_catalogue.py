"""The database of a log is as it was created; each thing that is missing, was added or was changed is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from store.catalogue.comparison import compare, declared, describe
from store.catalogue.postgresql import catalogue_in
from store.log import EventLog
from store.verify.fault import CHANGED, CUT_TAIL, DATABASE_DAMAGED, MISSING, SCHEMA_DIFFERS, Fault
from tests.databases import postgresql_schema
from tests.store.catalogue.__main__ import STORED, catalogue_text
from tests.store.making import PNG, record, records
from tests.store.raw import Raw, raw_connection


def test_the_stored_catalogue_is_that_of_a_new_log(postgresql: str) -> None:
    """`python -m tests.store.catalogue` writes it again after a migration."""
    assert catalogue_text(postgresql) == STORED.read_text("utf-8")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a log of five events, one of them with an attachment."""
    path = tmp_path_factory.mktemp("template") / "log.db"
    with EventLog.open(path) as log:
        log.append([*records(1, 4), record(5, artifact=PNG)])
    return path


def fault_after(database: str, *statements: str) -> Fault:
    """Change a database, and return the fault that a verification finds."""
    with raw_connection(database) as raw:
        for statement in statements:
            raw.execute(statement)
    return fault_of(database)


def fault_of(database: str) -> Fault:
    with EventLog.open(database, create=False) as log:
        fault = log.verify().fault
    assert fault is not None
    return fault


def rewritten(where: str, old: str, new: str) -> tuple[str, ...]:
    """Return the statements that change a definition in place, which no DDL statement can do."""
    return (
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_master SET sql = replace(sql, '{old}', '{new}') WHERE {where}",
        "PRAGMA writable_schema = RESET",
    )


NEW_TRIGGER = "CREATE TRIGGER mine AFTER INSERT ON event BEGIN DELETE FROM read_model; END"

SQLITE = {
    "a guard is dropped": (["DROP TRIGGER event_delete"], "the trigger 'event_delete' of 'event' is missing"),
    "a guard does nothing": (
        ["DROP TRIGGER event_delete", "CREATE TRIGGER event_delete BEFORE DELETE ON event BEGIN SELECT 1; END"],
        "the trigger 'event_delete' of 'event' was changed",
    ),
    "a guard has another condition": (
        rewritten("name = 'event_update'", "NEW.step IS OLD.step", "1"),
        "the trigger 'event_update' of 'event' was changed",
    ),
    "a trigger is added": ([NEW_TRIGGER], "the trigger 'mine' of 'event' was added"),
    "a trigger has a name that SQLite reserves": (
        [
            "PRAGMA writable_schema = ON",
            "INSERT INTO sqlite_master SELECT type, 'sqlite_mine', tbl_name, 0,"
            " 'CREATE TRIGGER sqlite_mine AFTER INSERT ON event BEGIN DELETE FROM run; END'"
            " FROM sqlite_master WHERE name = 'event_delete'",
            "PRAGMA writable_schema = RESET",
        ],
        "the trigger 'sqlite_mine' of 'event' was added",
    ),
    "an index is dropped": (
        ["DROP INDEX ix_event_run_id_position"],
        "the index 'ix_event_run_id_position' of 'event' is missing",
    ),
    "an index leaves rows out": (
        [
            "DROP INDEX ix_event_run_id_position",
            "CREATE INDEX ix_event_run_id_position ON event (run_id, position) WHERE position <> 3",
        ],
        "the index 'ix_event_run_id_position' of 'event' was changed",
    ),
    "a unique index is added": (
        ["CREATE UNIQUE INDEX only_one ON event (type, seq)"],
        "the index 'only_one' of 'event' was added",
    ),
    "a column is added": (["ALTER TABLE event ADD COLUMN note TEXT"], "the column 'note' of 'event' was added"),
    "a column is generated": (
        ["ALTER TABLE event ADD COLUMN twice INTEGER GENERATED ALWAYS AS (seq * 2) VIRTUAL"],
        "the column 'twice' of 'event' was added",
    ),
    "a column takes NULL": (
        rewritten("name = 'checkpoint'", "note BLOB NOT NULL", "note BLOB"),
        "the column 'note' of 'checkpoint' is 'blob', and was created as 'blob not null'",
    ),
    "a column has a default": (
        rewritten("name = 'event'", "seq BIGINT NOT NULL", "seq BIGINT NOT NULL DEFAULT 1"),
        "the column 'seq' of 'event' is 'bigint not null default 1', and was created as 'bigint not null'",
    ),
    "positions may be used again": (
        rewritten("name = 'event'", " AUTOINCREMENT", ""),
        "the column 'position' of 'event' is 'integer not null primary key', and was created",
    ),
    "a check is removed": (
        rewritten("name = 'event'", "CHECK (position > 0)", "CHECK (1)"),
        "the constraint 'ck_event_position_positive' of 'event' is 'check ( 1 )'",
    ),
    "a reference is removed": (
        rewritten("name = 'event'", "REFERENCES artifact (sha256)", "REFERENCES run (run_id)"),
        "the constraint 'fk_event_artifact' of 'event' is 'foreign key ( artifact ) references run ( run_id )'",
    ),
    "a table is added": (["CREATE TABLE events (body BLOB)"], "the table 'events' was added"),
    "a view is added": (["CREATE VIEW events AS SELECT * FROM event"], "the view 'events' was added"),
    "a table is lost": (["DROP TABLE tree_node"], "the table 'tree_node' is missing"),
    "the counter of positions is lowered": (
        ["UPDATE sqlite_sequence SET seq = 2"],
        "the counter of positions is 2, and the log ends at 5",
    ),
    "the counter of positions is text": (
        ["UPDATE sqlite_sequence SET seq = 'five'"],
        "the counter of positions is 'five', and the log ends at 5",
    ),
    "the counter of positions is gone": (
        ["DELETE FROM sqlite_sequence"],
        "the counter of positions is [], and the log ends at 5",
    ),
}

POSTGRESQL = {
    "a guard is dropped": (["DROP TRIGGER event_delete ON event"], "the trigger 'event_delete' of 'event' is missing"),
    "a guard is disabled": (
        ["ALTER TABLE event DISABLE TRIGGER event_update"],
        "the trigger 'event_update' of 'event' was changed",
    ),
    "a guard is only for replicas": (
        ["ALTER TABLE event ENABLE REPLICA TRIGGER event_update"],
        "the trigger 'event_update' of 'event' was changed",
    ),
    "references are not checked": (
        ["ALTER TABLE artifact DISABLE TRIGGER ALL", "ALTER TABLE artifact ENABLE TRIGGER USER"],
        "'FOREIGN KEY (artifact) REFERENCES artifact(sha256) DISABLED', and was created as",
    ),
    "a guard does nothing": (
        ["CREATE OR REPLACE FUNCTION log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"],
        "the function 'log_refuse()' was changed",
    ),
    "a guard looks elsewhere": (
        ["ALTER FUNCTION event_update() SET search_path = pg_temp"],
        "the function 'event_update()' was changed",
    ),
    "a trigger is added": (
        ["CREATE TRIGGER mine BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION event_lock()"],
        "the trigger 'mine' of 'event' was added",
    ),
    "a rule is added": (
        ["CREATE RULE mine AS ON INSERT TO event WHERE new.seq = 7 DO INSTEAD NOTHING"],
        "the rule 'mine' of 'event' was added",
    ),
    "rows are hidden": (
        ["ALTER TABLE event ENABLE ROW LEVEL SECURITY", "CREATE POLICY mine ON event USING (seq <> 3)"],
        "the policy 'mine' of 'event' was added, the table 'event' was changed",
    ),
    "a table inherits": (
        ["CREATE TABLE more () INHERITS (artifact)"],
        "the table 'artifact' was changed",
    ),
    "a table is not durable": (["ALTER TABLE checkpoint SET UNLOGGED"], "the table 'checkpoint' is"),
    "an index is dropped": (
        ["DROP INDEX ix_event_run_id_position"],
        "the index 'ix_event_run_id_position' of 'event' is missing",
    ),
    "a unique index is added": (
        ["CREATE UNIQUE INDEX only_one ON event (type, seq)"],
        "the index 'only_one' of 'event' was added",
    ),
    "a constraint is dropped": (
        ["ALTER TABLE event DROP CONSTRAINT uq_event_run_id_source_seq"],
        "the constraint 'uq_event_run_id_source_seq' of 'event' is missing",
    ),
    "a constraint is added": (
        ["ALTER TABLE event ADD CONSTRAINT mine CHECK (seq < 9) NOT VALID"],
        "the constraint 'mine' of 'event' was added",
    ),
    "a column is added": (["ALTER TABLE event ADD COLUMN note text"], "the column 'note' of 'event' was added"),
    "a column is generated": (
        ["ALTER TABLE event ADD COLUMN twice bigint GENERATED ALWAYS AS (seq * 2) STORED"],
        "the column 'twice' of 'event' was added",
    ),
    "a column has another type": (
        ["ALTER TABLE event ALTER COLUMN schema_version TYPE numeric"],
        "the column 'schema_version' of 'event' is 'numeric NOT NULL', and was created as 'integer NOT NULL'",
    ),
    "a column takes NULL": (
        ["ALTER TABLE event ALTER COLUMN hash DROP NOT NULL"],
        "the column 'hash' of 'event' is 'bytea', and was created as 'bytea NOT NULL'",
    ),
    "a column has a default": (
        ["ALTER TABLE event ALTER COLUMN seq SET DEFAULT 1"],
        "the column 'seq' of 'event' is 'bigint NOT NULL DEFAULT 1', and was created as 'bigint NOT NULL'",
    ),
    "a column has another order": (
        ['ALTER TABLE run ALTER COLUMN run_id TYPE text COLLATE "default"'],
        "the column 'run_id' of 'run' is 'text NOT NULL', and was created as 'text COLLATE C NOT NULL'",
    ),
    "a table is lost": (["DROP TABLE tree_node"], "the table 'tree_node' is missing"),
}


@pytest.mark.parametrize("kind", SQLITE)
def test_each_change_of_an_sqlite_database_is_named(template: Path, tmp_path: Path, kind: str) -> None:
    database = tmp_path / "log.db"
    database.write_bytes(template.read_bytes())
    statements, named = SQLITE[kind]
    fault = fault_after(str(database), *statements)
    assert fault.what == SCHEMA_DIFFERS and named in fault.detail


@pytest.fixture(scope="module")
def server_log() -> Iterator[str]:
    """Yield a log of five events on a PostgreSQL server."""
    with postgresql_schema() as database:
        with EventLog.open(database) as log:
            log.append([*records(1, 4), record(5, artifact=PNG)])
        yield database


@contextmanager
def changed(raw: Raw, statements: list[str]) -> Iterator[None]:
    """Run statements in a transaction that is rolled back."""
    raw.execute("BEGIN")
    try:
        for statement in statements:
            raw.execute(statement)
        yield
    finally:
        raw.execute("ROLLBACK")


@pytest.mark.parametrize("kind", POSTGRESQL)
def test_each_change_of_a_postgresql_database_is_named(server_log: str, kind: str) -> None:
    """The change is rolled back afterwards, so the catalogue is read in its transaction."""
    statements, named = POSTGRESQL[kind]
    with raw_connection(server_log) as raw, changed(raw, statements):
        found = describe(list(compare(declared("postgresql"), catalogue_in(raw.execute("SELECT 1")))))
    assert named in found


def test_a_changed_postgresql_database_is_a_fault(postgresql: str) -> None:
    """A role in whose sessions no trigger fires is one too."""
    with EventLog.open(postgresql) as log:
        log.append(records(1, 3))
    dropped = fault_after(postgresql, "DROP TRIGGER event_delete ON event")
    assert (dropped.what, dropped.detail) == (SCHEMA_DIFFERS, "the trigger 'event_delete' of 'event' is missing")
    replica = postgresql.replace("options=", "options=-csession_replication_role%3Dreplica%20")
    assert "the setting 'session_replication_role' was added" in fault_of(replica).detail


def test_a_view_in_the_place_of_a_table_is_named(database: str) -> None:
    """The events that it hides are found first."""
    with EventLog.open(database) as log:
        log.append(records(1, 5))
    hidden = fault_after(
        database, "ALTER TABLE event RENAME TO other", "CREATE VIEW event AS SELECT * FROM other WHERE position <> 3"
    )
    assert (hidden.what, hidden.position) == (MISSING, 3)
    whole = fault_after(database, "DROP VIEW event", "CREATE VIEW event AS SELECT * FROM other")
    assert whole.what == SCHEMA_DIFFERS and "the table 'event'" in whole.detail


def test_events_that_cannot_be_read_any_more_are_explained(database: str) -> None:
    """A renamed column makes every query fail; the result says why."""
    with EventLog.open(database) as log:
        log.append(records(1, 5))
    fault = fault_after(database, "ALTER TABLE artifact RENAME COLUMN size TO length")
    assert fault.what == SCHEMA_DIFFERS
    assert "the column 'size' of 'artifact' is missing" in fault.detail


def test_a_removed_tail_is_found_by_the_counter_of_positions(sqlite: str) -> None:
    """No checkpoint is needed, unless the counter is lowered too."""
    with EventLog.open(sqlite) as log:
        log.append(records(1, 5))
    with raw_connection(sqlite) as raw:
        raw.remove_guards()
        raw.execute("DELETE FROM event WHERE position > 3")
        fault = fault_of(sqlite)
        assert (fault.what, fault.position) == (CUT_TAIL, 4)
        raw.lower_counter()
    with EventLog.open(sqlite) as log:
        assert log.verify().fault is None


def test_a_number_that_only_compares_as_equal_is_found(template: Path, tmp_path: Path) -> None:
    """The version 1.0 has the type REAL; it was never recorded, though 1.0 = 1."""
    database = tmp_path / "log.db"
    database.write_bytes(template.read_bytes())
    raw = sqlite3.connect(database, isolation_level=None)
    with closing(raw):
        raw.execute("DROP TRIGGER event_update")
        for statement in rewritten("name = 'event'", "schema_version INTEGER", "schema_version BLOB"):
            raw.execute(statement)
        raw.execute("UPDATE event SET schema_version = 1.0 WHERE position = 3")
        for statement in rewritten("name = 'event'", "schema_version BLOB", "schema_version INTEGER"):
            raw.execute(statement)
    fault = fault_of(str(database))
    assert (fault.what, fault.position) == (CHANGED, 3)


def test_an_index_that_hides_an_event_is_found(template: Path, tmp_path: Path) -> None:
    """Its definition was put right after the entry was left out."""
    database = tmp_path / "log.db"
    database.write_bytes(template.read_bytes())
    whole = "ON event (run_id, position)"
    with raw_connection(str(database)) as raw:
        raw.execute("DROP INDEX ix_event_run_id_position")
        raw.execute(f"CREATE INDEX ix_event_run_id_position {whole} WHERE position <> 5")
        for statement in rewritten("name = 'ix_event_run_id_position'", " WHERE position <> 5", ""):
            raw.execute(statement)
    fault = fault_of(str(database))
    assert fault.what == DATABASE_DAMAGED
    assert fault.detail.endswith("missing from index ix_event_run_id_position'")


def test_a_definition_that_is_written_otherwise_is_the_same(template: Path, tmp_path: Path) -> None:
    """Spaces, quotes and capitals in a definition mean nothing."""
    database = tmp_path / "log.db"
    database.write_bytes(template.read_bytes())
    with raw_connection(str(database)) as raw:
        for statement in rewritten("name = 'event'", "seq BIGINT NOT NULL", '"seq"   bigint not  null'):
            raw.execute(statement)
    with EventLog.open(database) as log:
        assert log.verify().fault is None
