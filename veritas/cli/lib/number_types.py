"""The types of options that take a number within limits: an error says which numbers they are."""

from __future__ import annotations

from math import isnan
from typing import Any

import click


class WholeNumber(click.IntRange):
    """A whole number within limits."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; fail if *value* is none, or is beyond a limit."""
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            self.fail(f"{value!r} is not a whole number {_limits(self)}.", param, ctx)


class Number(click.FloatRange):
    """A number within limits. NaN is none, although it passes the comparisons of `click.FloatRange`."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; fail if *value* is none, or is beyond a limit."""
        try:
            number = float(super().convert(value, param, ctx))
        except click.BadParameter:
            number = float("nan")
        if isnan(number):
            self.fail(f"{value!r} is not a number {_limits(self)}.", param, ctx)
        return number


def _limits(range_: click.IntRange | click.FloatRange) -> str:
    first = "above" if range_.min_open else "from"
    return f"{first} {range_.min or 0:,} {'and up to' if range_.min_open else 'to'} {range_.max or 0:,}"
