"""The options of a login; a value comes from a file, an environment variable or a prompt, not the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from veritas.cli.lib.process_list import hide_variable
from veritas.config import take_variable
from veritas.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

_MAX_VALUE = 100_000  # characters; servers refuse headers that are as long


def login_options(command: F) -> F:
    """Add the options of a login; the command receives `login`, the arguments of `parse_login` without the URL."""

    @wraps(command)
    def with_login(
        *args: Any,
        header: tuple[str, ...],
        cookie: tuple[str, ...],
        basic_auth: str | None,
        storage_state: Path | None,
        **kwargs: Any,
    ) -> Any:
        from veritas.audit.storage_state import StorageState

        login: dict[str, Any] = {
            "headers": [line for source in header for line in _lines("--header", source)],
            "cookies": [line for source in cookie for line in _lines("--cookie", source)],
            "basic_auth": None if basic_auth is None else _line("--basic-auth", basic_auth),
            "storage_state": None if storage_state is None else StorageState.read(storage_state),
        }
        return command(*args, login=login, **kwargs)

    for option in (
        click.option(
            "--storage-state",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Begin with the cookies and the local storage that Playwright's storage_state saved.",
        ),
        click.option(
            "--basic-auth",
            type=click.UNPROCESSED,
            metavar="SOURCE",
            help="Log in to the audited origin by HTTP Basic authentication: USER:PASSWORD.",
        ),
        click.option(
            "--cookie",
            type=click.UNPROCESSED,
            multiple=True,
            metavar="SOURCE",
            help="Begin with these cookies of the audited host: NAME=VALUE. Repeatable.",
        ),
        click.option(
            "--header",
            type=click.UNPROCESSED,
            multiple=True,
            metavar="SOURCE",
            help="Send this header to the audited origin: NAME: VALUE. Repeatable.",
        ),
    ):
        with_login = option(with_login)
    return cast(F, with_login)


def _lines(option: str, source: str) -> list[str]:
    """Return the lines of a value that are not empty; there is at least one."""
    lines = [line.strip() for line in _read(option, source).splitlines() if line.strip()]
    if not lines:
        raise UsageError(f"{source!r} has no value for {option}; give one.")
    return lines


def _line(option: str, source: str) -> str:
    lines = _lines(option, source)
    if len(lines) > 1:
        raise UsageError(f"{option} {source!r} has {len(lines)} lines; give one.")
    return lines[0]


def _read(option: str, source: str) -> str:
    """Return the value that *source* names: `@FILE`, `env:NAME`, or `-` for a prompt.

    Raises:
        UsageError: *source* is a value itself, which is not repeated, or names nothing that can be read.
    """
    if source == "-":
        return _ask(option)
    if source.startswith("@"):
        return _read_file(option, source.removeprefix("@"))
    if source.startswith("env:"):
        name = source.removeprefix("env:")
        value = take_variable(name)
        if value is None:
            raise UsageError(f"{option}: the environment variable {name!r} is not set; set it, or give another.")
        hide_variable(name, value)
        return value
    raise UsageError(
        f"{option} takes no value itself, because other users can read a command line; give @FILE for a file that has "
        "the value, env:NAME for an environment variable, or - to be asked for it."
    )


def _ask(option: str) -> str:
    """Ask for the value on the terminal, without showing it; without a terminal, read a line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(f"Value for {option}", hide_input=True, err=True))
    return sys.stdin.readline(_MAX_VALUE)


def _read_file(option: str, name: str) -> str:
    try:
        with Path(name).open(encoding="utf-8") as file:
            value = file.read(_MAX_VALUE + 1)
    except UnicodeDecodeError:
        raise UsageError(f"{option}: the file {name!r} is not text in UTF-8; write it in UTF-8.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{option}: the file {name!r} cannot be read: {reason}; check its name.") from None
    if len(value) > _MAX_VALUE:
        raise UsageError(f"{option}: the file {name!r} has more than {_MAX_VALUE:,} characters; check its name.")
    return value
