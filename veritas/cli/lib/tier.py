"""The type of an option that takes a tier."""

from __future__ import annotations

from typing import Any

import click

from veritas.audit.tier import TIERS, tier_named
from veritas.errors import UsageError


class TierName(click.Choice[str]):
    """The name of a tier."""

    name = "tier"

    def __init__(self) -> None:
        super().__init__([*TIERS])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; fail if there is no tier of that name."""
        try:
            return tier_named(str(value)).name
        except UsageError as error:
            self.fail(str(error), param, ctx)
