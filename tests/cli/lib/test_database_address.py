"""The log's address comes from --db or the environment, and its password stays in this process."""

from __future__ import annotations

import os

import click
import pytest

from veritas.cli.lib.database_address import address_from
from veritas.cli.lib.errors import secrets_of
from veritas.config import child_environment
from veritas.errors import UsageError

URL = "postgresql://me@h/db"
WITH_PASSWORD = "postgresql://me:pass-word@h/db"


@pytest.fixture
def context():
    return click.Context(click.Command("list"))


def test_a_password_in_the_environment_is_used_and_removed(context, monkeypatch, capsys):
    """No process that is started later inherits it, and no error repeats it."""
    monkeypatch.setenv("VERITAS_DB", WITH_PASSWORD)
    assert address_from(context, None) == WITH_PASSWORD
    assert os.environ["VERITAS_DB"] == URL
    assert secrets_of(context).mask("pass-word") == "[secret:database_password]"
    assert capsys.readouterr().err == ""


def test_the_password_of_postgresqls_own_variable_is_used_and_removed(context, monkeypatch):
    """Unless the address has one; a log in a file leaves the variable to others."""
    monkeypatch.setenv("PGPASSWORD", "pass word")
    assert address_from(context, "log.db") == "log.db"
    assert os.environ["PGPASSWORD"] == "pass word"
    assert address_from(context, f"{URL}?a=1") == f"{URL}?a=1&password=pass%20word"
    assert "PGPASSWORD" not in os.environ
    assert secrets_of(context).mask("a pass word") == "a [secret:database_password]"


def test_a_password_on_the_command_line_causes_one_warning(context, capsys):
    """It has the remedy, and not the password."""
    assert address_from(context, WITH_PASSWORD) == WITH_PASSWORD
    warning = capsys.readouterr().err
    assert warning.count("\n") == 1 and "PGPASSFILE" in warning and "pass-word" not in warning


@pytest.mark.parametrize("login", ["me:pass@word", "me:pass/w@rd", "me@server:pass@word"])
def test_an_at_sign_that_is_not_escaped_is_refused(context, login):
    """Else the end of a password would be taken for the host, and shown as one."""
    with pytest.raises(UsageError, match="write it as %40") as refused:
        address_from(context, f"postgresql://{login}@h/db")
    assert "rd" not in str(refused.value).replace("password", "")
    allowed = f"postgresql://{login.replace('@', '%40')}@h/db?application_name=a@b"
    assert address_from(context, allowed) == allowed


def test_no_child_gets_the_logs_password(monkeypatch):
    """Not even of a command that does not use the log."""
    monkeypatch.setenv("VERITAS_DB", WITH_PASSWORD)
    assert child_environment()["VERITAS_DB"] == URL
