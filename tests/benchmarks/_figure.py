"""The figures of a benchmark: how they are measured and printed. Things that are compared are measured in turn."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Turns = dict[str, list[float]]  # the values that were measured, by name, one per turn


@dataclass(frozen=True)
class Figure:
    """One measured figure, which is a line of the table.

    Attributes:
        what: The name of the measurement.
        value: The measured value.
        unit: The unit of the value and of the baseline's value.
        baseline: The name of the thing that it is compared with.
        baseline_value: The value that was measured for the baseline.
        ratio: The value divided by the baseline's value.
        target: The limit for the ratio, or for the value if nothing is compared: `>= 25`.
    """

    what: str
    value: float
    unit: str
    baseline: str | None = None
    baseline_value: float | None = None
    ratio: float | None = None
    target: str | None = None

    @property
    def reached(self) -> bool | None:
        """Return whether the target is reached, or None without a target."""
        if self.target is None:
            return None
        sign, limit = self.target.split()
        measured = self.value if self.ratio is None else self.ratio
        return measured >= float(limit) if sign == ">=" else measured <= float(limit)

    def as_dict(self) -> dict[str, Any]:
        """Return the figure as JSON values."""
        return {
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "beside": self.baseline,
            "other": self.baseline_value,
            "ratio": self.ratio,
            "target": self.target,
            "reached": self.reached,
        }

    def __str__(self) -> str:
        text = f"{self.what:34}{_number(self.value):>10} {self.unit:3}"
        if self.ratio is not None:
            text += f"{self.ratio:>8.2f} of {_number(self.baseline_value or 0):>8} {self.unit:3} {self.baseline}"
        if self.target is not None:
            text = f"{text:100}{self.target:>9}  {'yes' if self.reached else 'NO'}"
        return text


def measure(
    argv: list[str],
    *,
    name: str,
    doc: str | None,
    measures: Mapping[str, Callable[[int], Iterable[Figure]]],
    repetitions: int,
    optional: tuple[str, str, str],
) -> int:
    """Run the selected measurements, and print each figure as soon as it is known, or all of them as JSON.

    Args:
        argv: The benchmark's arguments.
        name: The benchmark's name.
        doc: The benchmark's docstring; its first line is the description in the help.
        measures: The measurements, by the name that `--only` accepts.
        repetitions: The default number of repetitions of each measurement.
        optional: A measurement that runs only on request, the option that requests it, and the option's help.
    """
    optional_name, option, option_help = optional
    parser = argparse.ArgumentParser(prog=name, description=(doc or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    repetitions_help = "how often to repeat each measurement (default: %(default)s)"
    parser.add_argument("--repetitions", type=int, default=repetitions, metavar="N", help=repetitions_help)
    parser.add_argument("--only", action="append", choices=measures, help="run only this one; may be repeated")
    parser.add_argument(option, dest="all", action="store_true", help=option_help)
    arguments = parser.parse_args(argv)
    chosen = arguments.only or [each for each in measures if each != optional_name or arguments.all]
    print_figures(
        (figure for each in chosen for figure in measures[each](arguments.repetitions)), as_json=arguments.json
    )
    return 0


def in_turn(repetitions: int, measures: dict[str, Callable[[], float]]) -> Turns:
    """Measure several things in turn, *repetitions* times."""
    turns: Turns = {name: [] for name in measures}
    for _ in range(repetitions):
        for name, measure in measures.items():
            turns[name].append(measure())
    return turns


def compare(
    what: str, unit: str, turns: Turns, measured: str, compared_with: str, baseline: str, target: str | None
) -> Figure:
    """Return the figure of two things that were measured in turn.

    Args:
        what: The name of the measurement.
        unit: The unit of both values.
        turns: The values of both.
        measured: The thing that is measured, as a key of *turns*.
        compared_with: The thing that it is compared with, as a key of *turns*.
        baseline: The name under which the latter is printed.
        target: The limit for the ratio, or None.
    """
    values, baseline_values = turns[measured], turns[compared_with]
    ratio = statistics.median(a / b for a, b in zip(values, baseline_values, strict=True))
    return Figure(what, statistics.median(values), unit, baseline, statistics.median(baseline_values), ratio, target)


def print_figures(figures: Iterable[Figure], *, as_json: bool) -> None:
    """Print each figure as soon as it is known, or all of them as JSON."""
    if as_json:
        json.dump([figure.as_dict() for figure in figures], sys.stdout, indent=1)
        print()
        return
    for figure in figures:
        print(figure, flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.2f}"
