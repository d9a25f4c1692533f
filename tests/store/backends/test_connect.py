"""Every form of a database's address works, and the error for a wrong one is one sentence without its password."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from store.backends.connect import find_database
from store.backends.postgresql import PostgresDatabase
from store.backends.sqlite import SqliteDatabase
from store.errors import DatabaseReadOnly, DatabaseUnreachable, StoreError
from store.log import EventLog
from tests.databases import postgresql_server
from tests.processes import wait_until
from tests.store.making import record


def sentence(error: pytest.ExceptionInfo[StoreError]) -> str:
    text = str(error.value)
    assert "\n" not in text and text.endswith("."), text
    return text


FORMS = ("{path}", "sqlite:///{path}", "sqlite+pysqlite:///{path}")
NAMES = [(form, name) for form in FORMS for name in ("log.db", "with space.db", "100%.db", "é.db")]


@pytest.mark.parametrize(("form", "name"), [*NAMES, ("{path}", "a?b#c.db")])
def test_a_path_and_a_url_name_the_same_file(tmp_path: Path, form: str, name: str) -> None:
    """The name may contain any character, except that `?` begins the query in a URL."""
    path = tmp_path / name
    with EventLog.open(form.format(path=path)) as log:
        log.append([record(1)])
        assert log.describe() == str(path)
    assert path.stat().st_size > 0
    with EventLog.open(path, create=False) as log:
        assert log.head() == 1


def test_a_relative_path_is_in_the_current_directory_and_a_tilde_is_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    assert find_database("log.db").address == str(tmp_path / "log.db")
    assert find_database("sqlite:///log.db").address == str(tmp_path / "log.db")
    assert find_database("~/log.db").address == "/home/someone/log.db"
    assert isinstance(find_database(Path("postgresql:") / "log.db"), SqliteDatabase)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_scheme_for_postgresql_uses_psycopg(postgresql: str, scheme: str) -> None:
    address = postgresql.replace("postgresql", scheme, 1)
    with EventLog.open(address) as log:
        assert log.append([record(1)]) == [1]
    assert isinstance(find_database(address), PostgresDatabase)


@pytest.mark.parametrize(
    "address",
    [
        *("mysql://root:hush@localhost/veritas", "postgresql://user:hush@host:port/name", "://hush", "http://hush"),
        *("sqlite://", "sqlite:///:memory:", ":memory:", "", "a\0b", "postgresql+nonsense+x://u:hush@h/n"),
    ],
)
def test_an_invalid_address_is_refused(address: str) -> None:
    """The message has the valid forms, and does not repeat a password."""
    with pytest.raises(DatabaseUnreachable) as error:
        EventLog.open(address).close()
    assert "hush" not in sentence(error)


@pytest.mark.parametrize("address", ["{tmp}", "{tmp}/none/log.db", "{tmp}/file/log.db", "/proc/none.db"])
def test_a_path_where_no_file_can_be_is_named(tmp_path: Path, address: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises((DatabaseUnreachable, DatabaseReadOnly)) as error:
        EventLog.open(address.format(tmp=tmp_path))
    assert address.format(tmp=tmp_path) in sentence(error)


def test_an_unreachable_server_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    address = f"postgresql://someone:hush@127.0.0.1:{port}/veritas?password=hush&sslpassword=hush"
    with pytest.raises(DatabaseUnreachable) as error:
        EventLog.open(address)
    assert f"'postgresql://someone@127.0.0.1:{port}/veritas'" in sentence(error)
    assert "hush" not in sentence(error)


def test_a_database_that_the_server_does_not_have_is_named() -> None:
    address = postgresql_server().replace("/postgres?", "/nothing_here?")
    with pytest.raises(DatabaseUnreachable, match="nothing_here") as error:
        EventLog.open(address)
    sentence(error)


@pytest.fixture
def guarded(postgresql: str) -> Iterator[str]:
    """Yield the address of the schema for a role that needs a password, `open sesame`, and may only read."""
    server = postgresql_server()
    EventLog.open(postgresql).close()
    schema = postgresql.rpartition("%3D")[2]
    with psycopg.connect(server, autocommit=True) as connection:
        (place,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        rules = Path(place).read_text()
        connection.execute("CREATE ROLE guarded LOGIN PASSWORD 'open sesame'")
        connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO guarded")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO guarded")
        Path(place).write_text(f"local all guarded scram-sha-256\n{rules}")
        connection.execute("SELECT pg_reload_conf()")
        address = postgresql.replace("//postgres:@", "//guarded:{password}@")
        wait_until(lambda: asks_for_a_password(address.format(password="wrong")))
        yield address
        Path(place).write_text(rules)
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("DROP OWNED BY guarded CASCADE")
        connection.execute("DROP ROLE guarded")


def asks_for_a_password(address: str) -> bool:
    try:
        psycopg.connect(address).close()
    except psycopg.OperationalError:
        return True
    return False


def test_a_wrong_password_is_reported_and_not_repeated(guarded: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="password authentication failed") as error:
        EventLog.open(guarded.format(password="hush"))
    assert "hush" not in sentence(error)
    with EventLog.open(guarded.format(password="open%20sesame")) as log:
        assert "sesame" not in log.describe()


def test_a_role_that_may_only_read_can_read(guarded: str) -> None:
    """Appending is refused with a message."""
    with EventLog.open(guarded.format(password="open%20sesame")) as log:
        assert log.verify().fault is None
        with pytest.raises(DatabaseReadOnly) as error:
            log.append([record(1)])
        assert "use a role that may" in sentence(error)


def test_without_psycopg_the_remedy_is_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseUnreachable, match="pip install") as error:
        EventLog.open("postgresql://localhost/veritas")
    sentence(error)


def test_a_lost_connection_is_reported_and_the_next_append_gets_a_new_one(postgresql: str) -> None:
    """The server ends an idle connection, which the client does not notice."""
    with EventLog.open(postgresql) as log:
        log.append([record(1)])
        with psycopg.connect(postgresql_server(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert log.append([record(2)]) == [2]


def test_the_objects_of_a_log_share_its_contents(database: str) -> None:
    """Two objects on one database are two views of one log."""
    with EventLog.open(database) as one, EventLog.open(database) as two:
        assert (one.append([record(1)]), two.append([record(2)]), one.append([record(2)])) == ([1], [2], [2])
        assert list(one.read()) == list(two.read())
    assert os.sep in one.describe()
