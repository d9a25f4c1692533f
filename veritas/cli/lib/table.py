"""Results for people: tables, pairs, headings and lines, with colours for statuses and the text of values.

On a terminal they are laid out for its width and coloured; in a pipe they are complete and tab-separated.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from veritas.events.json import encode_json
from veritas.formatting import escape_control_characters

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

UNKNOWN = "-"  # in the place of a value that is not known

_BATCH = 200  # rows that are laid out together: a long table begins to appear before its last row is known
_LONGEST_VALUE = 200  # characters of JSON in a line; --json has the whole value

_STATUS = {
    "completed": "green",
    "failed": "red",
    "interrupted": "yellow",
    "abandoned": "yellow",
    "unfinished": "yellow",
    "running": "cyan",
}
_RISK = {
    "trusted": "green",
    "probably_safe": "green",
    "suspicious": "yellow",
    "high_risk": "red",
    "likely_fraudulent": "bold red",
    "inconclusive": "cyan",
}
_SEVERITY = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
_CHECK = {"ok": "green", "warning": "yellow", "wrong": "red", "unchecked": "cyan"}


@dataclass(frozen=True)
class Styled:
    """A value with the style that a terminal shows it in."""

    text: str | None
    style: str


Cell = str | Styled | None


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its heading in a pipe.
        title: Its heading on a terminal; None for *name*.
        right: Whether it is aligned to the right.
        min_width: The width of a terminal, in cells, from which the column is shown.
        width: Its width on a terminal, in cells, to which values are cut; None for the width of the longest value.
        fold: Whether a value that is too long continues on the next line.
        rest: Whether it fills the rest of a terminal's line, to which values are cut.
    """

    name: str
    title: str | None = None
    right: bool = False
    min_width: int = 0
    width: int | None = None
    fold: bool = False
    rest: bool = False


def on_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


@contextlib.contextmanager
def paged() -> Iterator[None]:
    """Show what is printed in the block by a pager, if it is longer than the terminal; $PAGER names the pager."""
    if not on_terminal() or sys.stdin is None or not sys.stdin.isatty():
        yield
        return
    console = _console()
    with console.capture() as capture:
        yield
    text = capture.get()
    if text.count("\n") < console.height:
        click.echo(text, nl=False)
    else:
        click.echo_via_pager(text)


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, flush: bool = False) -> None:
    """Write a table, or nothing if there are no rows.

    Args:
        columns: The columns.
        rows: The rows, each with one cell a column.
        flush: Whether each row is shown as soon as it arrives, because the next one may take long.
    """
    rows = iter(rows)
    size = 1 if flush else _BATCH
    if on_terminal():
        first = True
        while batch := list(islice(rows, size)):
            _print_batch(columns, batch, header=first)
            first = False
        return
    lines = ["\t".join(column.name for column in columns)]
    while batch := list(islice(rows, size)):
        lines.extend("\t".join([escape_control_characters(_plain(cell)) for cell in row]) for row in batch)
        click.echo("\n".join(lines))
        lines.clear()


def print_pairs(pairs: Iterable[tuple[str, Cell]]) -> None:
    """Write names and values, one pair a line; a pair without a value is left out."""
    known = [(name, value) for name, value in pairs if _plain(value) != UNKNOWN]
    if not on_terminal():
        for name, value in known:
            click.echo(f"{escape_control_characters(name)}\t{escape_control_characters(_plain(value))}")
    elif known:
        from rich.table import Table

        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in known:
            grid.add_row(_rich(name), _rich(value))
        _console().print(grid)


def print_heading(text: str) -> None:
    """Write an empty line and a heading."""
    if on_terminal():
        from rich.text import Text

        _console().print()
        _console().print(Text(escape_control_characters(text), style="bold"))
    else:
        click.echo(f"\n{escape_control_characters(text)}")


def print_line(cell: Cell) -> None:
    """Write one line of prose."""
    if on_terminal():
        _console().print(_rich(cell))
    else:
        click.echo(escape_control_characters(_plain(cell)))


def status(text: str) -> Styled:
    """Return the status of a run or a phase in its colour."""
    return Styled(text, _STATUS.get(text, ""))


def risk(level: str | None, text: str | None) -> Styled:
    """Return *text* in the colour of a risk level."""
    return Styled(text, _RISK.get(level or "", ""))


def severity(level: str, text: str) -> Styled:
    """Return *text* in the colour of a finding's severity."""
    return Styled(text, _SEVERITY.get(level, ""))


def check(result: str, text: str) -> Styled:
    """Return *text* in the colour of a check's result."""
    return Styled(text, _CHECK.get(result, ""))


def good(text: str) -> Styled:
    """Return *text* in the colour of success."""
    return Styled(text, "green")


def bad(text: str | None) -> Styled:
    """Return *text* in the colour of failure."""
    return Styled(text, "red")


def value_text(value: Any) -> str | None:
    """Return a value in words, or its name, or as JSON; None if that is too long for a line."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str():
            return value or '""'
        case int() | float():
            return str(round(value, 6))
        case {"severity": str(severity), "title": str(title)}:
            return f"({severity}) {title}"
        case {"sha256": str(sha256), "kind": str(kind), "url": str(url)}:
            return f"{sha256[:12]} ({kind}) of {url}"
        case {"url": str(url), "error": str(error)}:
            return f"{url}: {error}"
        case {"url": str(url), "title": _}:
            return url
    text = json_text(value)
    return text if len(text) <= _LONGEST_VALUE else None


def short_value_text(value: Any) -> str:
    """Return `value_text`, or the beginning of the value as JSON if that is too long for a line."""
    text = value_text(value) or json_text(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def json_text(value: Any) -> str:
    """Return a value as JSON."""
    return encode_json({"": value})[4:-1].decode("utf-8")


@cache
def _console() -> Console:
    from rich.console import Console

    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def _print_batch(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, header: bool) -> None:
    from rich.table import Table

    table = Table(
        box=None,
        show_header=header,
        header_style="bold",
        pad_edge=False,
        padding=(0, 2, 0, 0),
        expand=any(column.rest for column in columns),
    )
    visible = [at for at, column in enumerate(columns) if column.min_width <= _console().width]
    for column in (columns[at] for at in visible):
        table.add_column(
            column.title or column.name,
            justify="right" if column.right else "left",
            width=column.width,
            ratio=1 if column.rest else None,
            no_wrap=not column.fold,
            overflow="fold" if column.fold else "crop" if column.width else "ellipsis",
        )
    for row in rows:
        table.add_row(*(_rich(row[at]) for at in visible))
    _console().print(table)


def _rich(cell: Cell) -> Text:
    from rich.text import Text

    return Text(escape_control_characters(_plain(cell)), style=cell.style if isinstance(cell, Styled) else "")


def _plain(cell: Cell) -> str:
    text = cell.text if isinstance(cell, Styled) else cell
    return text or UNKNOWN
