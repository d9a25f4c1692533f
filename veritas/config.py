"""The settings from environment variables: the only module that reads `os.environ`."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path, user_data_path, user_state_path

from veritas.database_url import without_passwords

QUEUE_ADDRESS = "AUDIT_QUEUE_ADDRESS"
QUEUE_KEY = "AUDIT_QUEUE_KEY"
QUEUE_PATIENCE = "AUDIT_QUEUE_PATIENCE"
_OF_QUEUE = (QUEUE_ADDRESS, QUEUE_KEY, QUEUE_PATIENCE)
PROXY = "VERITAS_PROXY"
DATABASE = "VERITAS_DB"
BROWSER = "VERITAS_BROWSER"
KEY = "VERITAS_KEY"
CONFIG = "VERITAS_CONFIG"
IPC_MODE = "QUEUE_IPC_MODE"
IPC_ROLLOUT = "QUEUE_IPC_ROLLOUT"
DATABASE_PASSWORD = "PGPASSWORD"  # the variable of PostgreSQL's own programs

# The variables that may have a password, which an audit's child and its browser do not need: see `ChildInput`.
_PASSWORDS = frozenset(
    {
        *(DATABASE, DATABASE_PASSWORD, PROXY),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
    }
)

DEFAULT_TIER = "standard_audit"  # of an audit


@dataclass(frozen=True)
class Settings:
    """The settings from environment variables, as text that has not been checked.

    Attributes:
        database: A path or an SQLAlchemy URL of the log; None for the default file.
        browser: The browser to start; None to look for one.
        key: The file of the key that signs checkpoints; None for the user's own.
        ipc_mode: `QUEUE_IPC_MODE`.
        rollout: `QUEUE_IPC_ROLLOUT`.
        proxy: The proxy for every request; None to use the next three.
        http_proxy: The proxy for http: URLs.
        https_proxy: The proxy for https: URLs.
        all_proxy: The proxy for URLs without a proxy of their own.
        no_proxy: The hosts that are reached without a proxy.
    """

    database: str | None = None
    browser: str | None = None
    key: str | None = None
    ipc_mode: str | None = None
    rollout: str | None = None
    proxy: str | None = None
    http_proxy: str | None = None
    https_proxy: str | None = None
    all_proxy: str | None = None
    no_proxy: str | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; an empty variable counts as not set."""
        return cls(
            database=environ.get(DATABASE) or None,
            browser=environ.get(BROWSER) or None,
            key=environ.get(KEY) or None,
            ipc_mode=environ.get(IPC_MODE) or None,
            rollout=environ.get(IPC_ROLLOUT) or None,
            proxy=environ.get(PROXY) or None,
            http_proxy=_in_either_case(environ, "HTTP_PROXY"),
            https_proxy=_in_either_case(environ, "HTTPS_PROXY"),
            all_proxy=_in_either_case(environ, "ALL_PROXY"),
            no_proxy=_in_either_case(environ, "NO_PROXY"),
        )


def config_file() -> str | None:
    """Return the name of the configuration file in `VERITAS_CONFIG`; None if it is not set."""
    return os.environ.get(CONFIG) or None


def is_set(*names: str) -> bool:
    """Return whether any of these variables has a value."""
    return any(os.environ.get(name) for name in names)


def default_database() -> Path:
    """Return the default file of the log, in the user's data directory."""
    return user_data_path("veritas", appauthor=False) / "veritas.db"


def default_spool() -> Path:
    """Return the directory for events that could not be written to their log, in the user's state directory."""
    return user_state_path("veritas", appauthor=False) / "spool"


def default_key() -> Path:
    """Return the default file of the user's own signing key, in the user's configuration directory."""
    return user_config_path("veritas", appauthor=False) / "checkpoint.key"


def user_name() -> str:
    """Return the current user as `user@host`."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a user without a name: KeyError up to Python 3.12
        user = str(os.getuid())
    return f"{user}@{platform.node() or 'localhost'}"


def child_environment(python_path: Path | None = None, /, **additions: str) -> dict[str, str]:
    """Return the environment for a child process: this process's own, without a queue's address and the log's password.

    Args:
        python_path: The directory in which the child's imports are searched for first.
        additions: Further variables.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _OF_QUEUE}
    if DATABASE in environment:
        environment[DATABASE] = without_passwords(environment[DATABASE])
    if python_path is not None:
        inherited = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{python_path}{os.pathsep}{inherited}" if inherited else str(python_path)
    return environment | additions


def audit_environment(python_path: Path, /, **additions: str) -> dict[str, str]:
    """Return the environment for an audit's child process: `child_environment` without what may have a password."""
    environment = child_environment(python_path, **additions)
    return {name: value for name, value in environment.items() if name not in _PASSWORDS}


def password_variables() -> dict[str, str]:
    """Return the variables that have a password, with their values."""
    variables = {name: os.environ[name] for name in _PASSWORDS if os.environ.get(name)}
    return {name: value for name, value in variables.items() if name == DATABASE_PASSWORD or "@" in value}


def take_database() -> str | None:
    """Return `VERITAS_DB`, and remove the password from it, so that no process started later inherits that."""
    database = os.environ.get(DATABASE) or None
    if database is not None and (public := without_passwords(database)) != database:
        os.environ[DATABASE] = public
    return database


def take_database_password() -> str | None:
    """Remove `PGPASSWORD` from the environment, so that no process started later inherits it, and return it."""
    return os.environ.pop(DATABASE_PASSWORD, None) or None


def queue_patience(take: Callable[[str], str | None] = os.environ.get) -> float:
    """Return the seconds for which the parent may wait for its log, and confirm nothing; 0 if it does not say.

    Args:
        take: Returns the value of a variable.
    """
    try:
        return max(0.0, float(take(QUEUE_PATIENCE) or "0"))
    except ValueError:
        return 0.0


def take_variable(name: str) -> str | None:
    """Return the value of the variable *name* and remove it, so that no process started later inherits it."""
    return os.environ.pop(name, None)


def _in_either_case(environ: Mapping[str, str], name: str) -> str | None:
    """Return the variable *name*; the lower-case spelling takes precedence, as in curl."""
    return environ.get(name.lower()) or environ.get(name) or None
