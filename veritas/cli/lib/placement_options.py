"""The options that say where jobs wait, and the refusal of what a queue must not hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import click

from veritas.cli.lib.batch_options import PER_HOST
from veritas.cli.lib.number_types import Number, WholeNumber
from veritas.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

_SECRET = ("--header", "--cookie", "--basic-auth", "--storage-state")
_LONGEST_QUEUE = 128  # characters
_OF_THE_WORKER = ("--browser", "--proxy")


def placement_options(command: F) -> F:
    """Add `--queue`, `--priority` and `--per-host`; refuse the options of a login, and those of the worker itself."""

    @wraps(command)
    def with_placement(*args: Any, refused: None, **values: Any) -> Any:
        return command(*args, **values)

    for option in (
        click.option(
            *(*_SECRET, *_OF_THE_WORKER),
            "refused",
            hidden=True,
            type=click.UNPROCESSED,
            expose_value=True,
            callback=_refuse,
        ),
        click.option(
            "--per-host",
            type=Number(0, 3_600),
            default=PER_HOST,
            show_default=True,
            metavar="SECONDS",
            help="The pause between two audits of one host, which are never done at the same time.",
        ),
        click.option(
            "--priority",
            type=WholeNumber(-1_000, 1_000),
            default=0,
            show_default=True,
            help="Jobs with a higher number are taken first.",
        ),
        click.option(
            "--queue",
            default="default",
            show_default=True,
            metavar="QUEUE",
            callback=_check_queue,
            help="The queue; a worker may take jobs of some queues only.",
        ),
    ):
        with_placement = option(with_placement)
    return cast(F, with_placement)


def _refuse(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    if value is not None:
        raise UsageError(
            "A queued audit has no login, and no browser or proxy of its own: its options are kept in the database,"
            " where a login would be readable. Log in by `veritas audit`, and give --browser and --proxy to"
            " `veritas worker`."
        )


def _check_queue(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    if len(value) > _LONGEST_QUEUE:
        raise UsageError(f"The queue's name is too long; give at most {_LONGEST_QUEUE} characters.")
    return value
