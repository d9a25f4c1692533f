"""The options and arguments that several commands share, as decorators."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource

from veritas.cli.lib.completion import complete_audit, complete_audit_or_batch
from veritas.cli.lib.errors import set_verbose
from veritas.cli.lib.number_types import WholeNumber
from veritas.core.mode_decision import VALIDATE_BY
from veritas.events.recorder_events import RERUN, TEE

if TYPE_CHECKING:
    from veritas.replay.point_in_time import PointInTime

_AGE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smhdw])")
_AGE_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}  # seconds

F = TypeVar("F", bound=Callable[..., Any])

_IPC_PARAMETERS = ("use_queue_ipc", "use_stdout", "validate_ipc", "validate_by")


class OutputFile(click.Path):
    """The name of a file that can be written; any other is refused before the command's work begins."""

    def __init__(self, *, dir_okay: bool = False) -> None:
        super().__init__(dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the file's path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        option = max(param.opts, key=len) if isinstance(param, click.Option) else "FILE"
        if value == "-":
            raise click.UsageError(
                f"'-' is not a valid name for {option}; give a file's name, or './-' for a file called '-'.", ctx
            )
        if not path.parent.is_dir():
            parent = str(path.parent)
            raise click.UsageError(
                f"There is no directory {parent!r} for {option}; create it, or give another name.", ctx
            )
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise click.UsageError(f"{str(path)!r} cannot be written; make it writable, or give another name.", ctx)
        return path


def database_option(command: F) -> F:
    """Add `--db`; the command receives `database`: a path, a URL, or None for the default file."""

    def or_from_environment(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
        from veritas.cli.lib.database_address import address_from

        return address_from(ctx, value)

    return click.option(
        "--db",
        "database",
        metavar="PATH|URL",
        type=click.UNPROCESSED,  # a file's name may have any bytes
        callback=or_from_environment,
        help="The log to use: a file, or an SQLAlchemy URL.  [env: VERITAS_DB; default: see `veritas db path`]",
    )(command)


def database_timeout_option(command: F) -> F:
    """Add `--database-timeout`; the command receives `database_timeout` in seconds."""
    from veritas.recording.log_retry import DATABASE_TIMEOUT  # commands that record need it, and those that read do not

    return click.option(
        "--database-timeout",
        type=WholeNumber(0, 86_400),
        default=DATABASE_TIMEOUT,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for a log that is not available. What cannot be recorded then is kept in a file.",
    )(command)


def format_option(*formats: str) -> Callable[[F], F]:
    """Add `--format` with these choices, the first as the default; the command receives `output`."""
    return click.option(
        "--format",
        "output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="The format of the output.",
    )


def point_option(*names: str, help: str) -> Callable[[F], F]:
    """Add an option of these names for a point in time of a run; the command receives a `PointInTime`, or None."""

    def parse(ctx: click.Context, parameter: click.Parameter, value: str | None) -> PointInTime | None:
        if value is None:
            return None
        from veritas.errors import InvalidPointInTime
        from veritas.replay.point_in_time import PointInTime

        try:
            return PointInTime.parse(value)
        except InvalidPointInTime as error:
            raise click.BadParameter(str(error)) from None

    return click.option(*names, metavar="POINT", callback=parse, help=help)


def time_option(name: str, help: str, *, required: bool = False) -> Callable[[F], F]:
    """Add an option for a date, a time or an age; the command receives seconds since the epoch, or None."""

    def parse(ctx: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
        if value is None:
            return None
        if age := _AGE.fullmatch(value):
            return time.time() - float(age[1]) * _AGE_UNITS[age[2]]
        try:
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            raise click.BadParameter(
                f"{value!r} is not a time; give a date, such as 2026-11-24 or 2026-11-24T12:03:04Z, or an age, such as"
                " 2d or 90m."
            ) from None

    return click.option(name, metavar="TIME", callback=parse, help=help, required=required)


def ipc_options(command: F) -> F:
    """Add the flags that choose the IPC mode.

    The command receives `flags`, the arguments of `core.mode_decision.decide`, and `rerun`, whether the queue is
    validated by several runs.
    """

    @wraps(command)
    def with_flags(
        *args: Any, use_queue_ipc: bool, use_stdout: bool, validate_ipc: bool, validate_by: str | None, **kwargs: Any
    ) -> Any:
        ctx = click.get_current_context()
        sources = {name: ctx.get_parameter_source(name) for name in _IPC_PARAMETERS}
        if ParameterSource.COMMANDLINE in sources.values():  # then the flags of a configuration file do not count
            given = {name for name, source in sources.items() if source is ParameterSource.COMMANDLINE}
            use_queue_ipc = use_queue_ipc and "use_queue_ipc" in given
            use_stdout = use_stdout and "use_stdout" in given
            validate_ipc = validate_ipc and "validate_ipc" in given
            validate_by = validate_by if "validate_by" in given else None
        validate_ipc = validate_ipc or validate_by is not None
        if use_queue_ipc and use_stdout and not validate_ipc:
            click.echo("Warning: --use-queue-ipc overrides --use-stdout; give one of them.", err=True)
        flags = {"use_queue_ipc": use_queue_ipc, "use_stdout": use_stdout, "validate_ipc": validate_ipc}
        return command(*args, flags=flags, rerun=validate_by == RERUN, **kwargs)

    for option in (
        click.option(
            VALIDATE_BY,
            type=click.Choice((TEE, RERUN)),
            help="How to validate: tee sends every event of one run over both; rerun does three to seven runs, over"
            " stdout and over the queue, and ignores differences that occur between the runs over stdout as well."
            "  [default: tee]",
        ),
        click.option(
            "--validate-ipc",
            is_flag=True,
            help="Send the events over both, compare what arrived, and exit with 1 if it differs.",
        ),
        click.option("--use-stdout", is_flag=True, help="Send the events over stdout."),
        click.option("--use-queue-ipc", is_flag=True, help="Send the events over the queue; overrides --use-stdout."),
    ):
        with_flags = option(with_flags)
    return cast(F, with_flags)


def trust_option(command: F) -> F:
    """Add `--trust`; the command receives `trust`: public keys, and names of files that contain some."""
    return click.option(
        "--trust",
        multiple=True,
        metavar="KEY|FILE",
        type=click.UNPROCESSED,  # a file's name may have any bytes
        help="Trust only this public key, or the keys in this file, as signer. Repeatable.",
    )(command)


def verbose_option(command: F) -> F:
    """Add `-v`; `errors.is_verbose` returns whether it was given."""

    def remember(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
        set_verbose(ctx, value)

    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=remember,
        help="Show more, and the traceback of an error.",
    )(command)


def audit_argument(required: bool = True, *, or_file: bool = False, or_batch: bool = False) -> Callable[[F], F]:
    """Add the argument AUDIT; the command receives `audit`, a name for `Archive.resolve`."""
    kind = click.UNPROCESSED if or_file else None
    complete = complete_audit_or_batch if or_batch else complete_audit
    return click.argument("audit", required=required, type=kind, shell_complete=complete)


def audits_argument(command: F) -> F:
    """Add the argument AUDIT…; the command receives `audits`, one or more of them."""
    argument = click.argument("audits", metavar="AUDIT...", nargs=-1, required=True, shell_complete=complete_audit)
    return argument(command)
