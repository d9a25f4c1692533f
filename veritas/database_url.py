"""The passwords in the URL of a database, found without its driver."""

from __future__ import annotations

import re
from urllib.parse import unquote

_LOGIN = re.compile(r"^(?P<before>[\w+]+://[^:/]*):(?P<password>[^@]+)@")  # as SQLAlchemy reads it
_PARAMETERS = ("password", "sslpassword")


def passwords_in(database: str) -> list[str]:
    """Return the passwords in a database's URL, each as it is written and decoded; none for a path."""
    login = _LOGIN.match(database)
    found = [login["password"]] if login else []
    found += [value for name, value in _parameters(database) if name in _PARAMETERS and value]
    return list(dict.fromkeys([*found, *map(unquote, found)]))


def has_stray_at(database: str) -> bool:
    """Return whether an `@` in the password of a database's URL would be taken for the end of the password."""
    login = _LOGIN.match(database)
    return login is not None and "@" in re.split("[/?]", database[login.end() :], maxsplit=1)[0]


def without_passwords(database: str) -> str:
    """Return a path, or a database's URL without its passwords."""
    if not passwords_in(database):
        return database
    address = _LOGIN.sub(r"\g<before>@", database).partition("?")[0]
    kept = "&".join(f"{name}={value}" for name, value in _parameters(database) if name not in _PARAMETERS)
    return f"{address}?{kept}" if kept else address


def _parameters(database: str) -> list[tuple[str, str]]:
    if "://" not in database:
        return []
    query = _LOGIN.sub("", database).partition("?")[2]
    return [(name, value) for name, _, value in (part.partition("=") for part in query.split("&") if part)]
