"""One line of a benchmark's table, and how it is measured: things that are compared take turns."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

Turns = dict[str, list[float]]  # what was measured, by name, turn by turn


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: What is measured.
        value: How much of it.
        unit: Of the value, and of the other.
        beside: What it is compared with.
        other: How much that has.
        ratio: The value by the other.
        target: What is to be reached, by the ratio or, where there is none, by the value: `>= 25`.
    """

    what: str
    value: float
    unit: str
    beside: str | None = None
    other: float | None = None
    ratio: float | None = None
    target: str | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        sign, limit = self.target.split()
        measured = self.value if self.ratio is None else self.ratio
        return measured >= float(limit) if sign == ">=" else measured <= float(limit)

    def __str__(self) -> str:
        text = f"{self.what:34}{_number(self.value):>10} {self.unit:3}"
        if self.ratio is not None:
            text += f"{self.ratio:>8.2f} of {_number(self.other or 0):>8} {self.unit:3} {self.beside}"
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
    apart: tuple[str, str, str],
) -> int:
    """Measure what *argv* asks for, and print a line as soon as it is known, or with --json all figures.

    Args:
        argv: The benchmark's arguments.
        name: Its own.
        doc: What it is for.
        measures: What there is to measure.
        repetitions: Of each measurement, where nothing else is asked for.
        apart: A measure that is left out unless it is asked for, the option that does, and what that takes.
    """
    left_out, option, why = apart
    parser = argparse.ArgumentParser(prog=name, description=(doc or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    often = "of each measurement (default: %(default)s)"
    parser.add_argument("--repetitions", type=int, default=repetitions, metavar="N", help=often)
    parser.add_argument("--only", action="append", choices=measures, help="leave the others out; may be repeated")
    parser.add_argument(option, dest="all", action="store_true", help=why)
    arguments = parser.parse_args(argv)
    chosen = arguments.only or [each for each in measures if each != left_out or arguments.all]
    tell((figure for each in chosen for figure in measures[each](arguments.repetitions)), as_json=arguments.json)
    return 0


def in_turn(repetitions: int, measures: dict[str, Callable[[], float]]) -> Turns:
    """Measure several things in turn."""
    turns: Turns = {name: [] for name in measures}
    for _ in range(repetitions):
        for name, measure in measures.items():
            turns[name].append(measure())
    return turns


def compared(what: str, unit: str, turns: Turns, own: str, other: str, beside: str, target: str | None) -> Figure:
    """Return the figure of two things that were measured in turn."""
    ratio = statistics.median(a / b for a, b in zip(turns[own], turns[other], strict=True))
    return Figure(what, statistics.median(turns[own]), unit, beside, statistics.median(turns[other]), ratio, target)


def tell(figures: Iterable[Figure], *, as_json: bool) -> None:
    """Print each figure as soon as it is known, or all of them as JSON."""
    known: list[Figure] = []
    for figure in figures:
        known.append(figure)
        if not as_json:
            print(figure, flush=True)
    if as_json:
        json.dump([asdict(figure) | {"reached": figure.reached} for figure in known], sys.stdout, indent=1)
        print()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.2f}"
