"""The options that the commands of `veritas rollout` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from veritas.core.rollout import ROLLOUT

F = TypeVar("F", bound=Callable[..., Any])


def rollout_option(subcommand: F) -> F:
    """Add `--rollout`."""
    option = click.option(
        "--rollout", "name", default=ROLLOUT, show_default=True, metavar="NAME", help="Which rollout."
    )
    return option(subcommand)
