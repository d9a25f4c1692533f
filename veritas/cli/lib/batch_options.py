"""The options of a batch of audits on this machine, as one decorator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

import click

from veritas.cli.lib.audit_options import obey_robots_option
from veritas.cli.lib.completion import complete_batch
from veritas.cli.lib.number_types import Number, WholeNumber

F = TypeVar("F", bound=Callable[..., Any])

PER_HOST = 1.0  # seconds


@dataclass(frozen=True)
class BatchChoices:
    """How a user wants a batch to be run.

    Attributes:
        jobs: How many audits are done at once; None for as many as the machine has cores and memory for.
        per_host: The least pause between two audits of one host, in seconds; None for the default.
        obey_robots: Whether pages that robots.txt disallows are left out.
        resume: The batch to continue; None for a new one.
    """

    jobs: int | None
    per_host: float | None
    obey_robots: bool
    resume: str | None

    @property
    def given(self) -> bool:
        """Whether any of these options was given, so that one URL makes a batch too."""
        return any(value not in (None, False) for value in (self.jobs, self.per_host, self.obey_robots, self.resume))


def batch_options(command: F) -> F:
    """Add the options of a batch; the command receives `batch`, a `BatchChoices`."""

    @wraps(command)
    def with_batch(
        *args: Any, jobs: int | None, per_host: float | None, obey_robots: bool, resume: str | None, **values: Any
    ) -> Any:
        return command(*args, batch=BatchChoices(jobs, per_host, obey_robots, resume), **values)

    for option in (
        click.option(
            "--resume",
            metavar="BATCH",
            shell_complete=complete_batch,
            help="Continue a batch, or `latest`: audit what has no completed audit yet, in the same way.",
        ),
        obey_robots_option,
        click.option(
            "--per-host",
            type=Number(0, 86_400),
            metavar="SECONDS",
            help=f"The pause between two audits of one host, which are never done at once.  [default: {PER_HOST:g}]",
        ),
        click.option(
            "--jobs",
            type=WholeNumber(1, 256),
            metavar="N",
            help="How many audits are done at once.  [default: as many as there are cores, and gigabytes of memory]",
        ),
    ):
        with_batch = option(with_batch)
    return cast(F, with_batch)
