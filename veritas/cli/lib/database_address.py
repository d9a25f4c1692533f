"""The address of the log, from `--db` and the environment; its password stays in this process."""

from __future__ import annotations

from urllib.parse import quote

import click

from veritas.cli.lib.errors import secrets_of
from veritas.config import take_database, take_database_password
from veritas.database_url import has_stray_at, passwords_in
from veritas.errors import UsageError

_WARNING = (
    "Warning: Other users can read the password in --db in the list of processes; give it by PGPASSFILE, PGPASSWORD or"
    " VERITAS_DB."
)


def address_from(ctx: click.Context, option: str | None) -> str | None:
    """Return the address in `--db`, else that in `VERITAS_DB`, with the password in `PGPASSWORD` if it has none.

    The passwords are taken out of the environment, and no error repeats them. A password in `--db` causes a warning.
    """
    database = option or take_database()
    if database is None or "://" not in database or database.startswith("sqlite"):
        return database
    if passwords_in(database):
        if option:
            click.echo(_WARNING, err=True)
    elif database.startswith("postgres") and (password := take_database_password()):
        database = f"{database}{'&' if '?' in database else '?'}password={quote(password, safe='')}"
    if has_stray_at(database):
        raise UsageError("The address of the database has an '@' in its password; write it as %40.")
    for password in passwords_in(database):
        secrets_of(ctx).add("database_password", password)
    return database
