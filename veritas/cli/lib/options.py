"""The options that several commands share, as decorators."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from veritas.cli.lib.errors import set_verbose
from veritas.config import Settings
from veritas.core.rollout import VALIDATE_BY
from veritas.events.recorder_events import RERUN, TEE

if TYPE_CHECKING:
    from veritas.replay.point_in_time import PointInTime

F = TypeVar("F", bound=Callable[..., Any])


class OutputFile(click.Path):
    """The name of a file that can be written; what cannot be is refused before the work for it is done."""

    def __init__(self, *, dir_okay: bool = False) -> None:
        super().__init__(dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the file's path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        what = max(param.opts, key=len) if isinstance(param, click.Option) else "FILE"
        if value == "-":
            raise click.UsageError(f"'-' is no file; give {what} a name, './-' if it is to be that one.", ctx)
        if not path.parent.is_dir():
            where = str(path.parent)
            raise click.UsageError(f"There is no directory {where!r} for {what}; make it, or give another name.", ctx)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise click.UsageError(f"{str(path)!r} cannot be written; make it writable, or give another name.", ctx)
        return path


def database_option(command: F) -> F:
    """Add `--db`; the command is given `database`: a path, a URL, or None for the default file."""

    def chosen(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
        return value or Settings.from_environment().database

    return click.option(
        "--db",
        "database",
        metavar="PATH|URL",
        callback=chosen,
        help="The log to use: a file, or an SQLAlchemy URL.  [env: VERITAS_DB; default: see `veritas db path`]",
    )(command)


def format_option(*formats: str) -> Callable[[F], F]:
    """Add `--format` with these choices, the first being the default; the command is given `output`."""
    return click.option(
        "--format",
        "output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to write the result to stdout.",
    )


def point_option(*names: str, help: str) -> Callable[[F], F]:
    """Add an option of these names whose value is a moment of a run; the command is given a `PointInTime`, or None."""

    def read(ctx: click.Context, parameter: click.Parameter, value: str | None) -> PointInTime | None:
        if value is None:
            return None
        from veritas.errors import InvalidPointInTime
        from veritas.replay.point_in_time import PointInTime

        try:
            return PointInTime.parse(value)
        except InvalidPointInTime as error:
            raise click.BadParameter(str(error)) from None

    return click.option(*names, metavar="MOMENT", callback=read, help=help)


def time_option(name: str, help: str) -> Callable[[F], F]:
    """Add an option whose value is a date, with a time or without; the command is given seconds since the epoch."""

    def read(ctx: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
        if value is None:
            return None
        try:
            said = datetime.fromisoformat(value)
            return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            raise click.BadParameter(
                f"{value!r} is no time; give a date, such as 2026-11-24 or 2026-11-24T12:03:04Z."
            ) from None

    return click.option(name, metavar="TIME", callback=read, help=help)


def ipc_options(command: F) -> F:
    """Add the flags that choose the mode.

    The command is given `flags`, as `core.rollout.decide` takes them, and `rerun`, whether the queue is to be validated
    by running it several times.
    """

    @wraps(command)
    def with_flags(
        *args: Any, use_queue_ipc: bool, use_stdout: bool, validate_ipc: bool, validate_by: str | None, **kwargs: Any
    ) -> Any:
        validate_ipc = validate_ipc or validate_by is not None
        if use_queue_ipc and use_stdout and not validate_ipc:
            click.echo("Warning: both --use-queue-ipc and --use-stdout were given; --use-queue-ipc wins.", err=True)
        flags = {"use_queue_ipc": use_queue_ipc, "use_stdout": use_stdout, "validate_ipc": validate_ipc}
        return command(*args, flags=flags, rerun=validate_by == RERUN, **kwargs)

    for option in (
        click.option(
            VALIDATE_BY,
            type=click.Choice((TEE, RERUN)),
            help="How to validate: tee carries every event of one run over both; rerun runs it three to seven times,"
            " over stdout and over the queue, and counts only what the runs over stdout do not differ in themselves."
            "  [default: tee]",
        ),
        click.option(
            "--validate-ipc", is_flag=True, help="Use both, compare what came, and exit with 1 if it differs."
        ),
        click.option("--use-stdout", is_flag=True, help="Carry the events over stdout."),
        click.option("--use-queue-ipc", is_flag=True, help="Carry the events over the queue; wins over --use-stdout."),
    ):
        with_flags = option(with_flags)
    return cast(F, with_flags)


def trust_option(command: F) -> F:
    """Add `--trust`; the command is given `trust`: public keys, and names of files with some."""
    return click.option(
        "--trust",
        multiple=True,
        metavar="KEY|FILE",
        help="A public key that must have signed, or a file with some; may be given several times.",
    )(command)


def verbose_option(command: F) -> F:
    """Add `-v`; `boundary.is_verbose` tells whether it was given."""

    def remember(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
        set_verbose(ctx, value)

    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=remember,
        help="Say more, and show the traceback of an error.",
    )(command)


def audit_argument(required: bool = True) -> Callable[[F], F]:
    """Add the argument AUDIT; the command is given `audit`: any unique beginning of an audit's or a run's id."""
    return click.argument("audit", required=required)


def audits_argument(command: F) -> F:
    """Add the argument AUDIT…; the command is given `audits`, one or more of them."""
    return click.argument("audits", metavar="AUDIT...", nargs=-1, required=True)(command)
