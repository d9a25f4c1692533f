"""The display of a running audit on stderr: a progress bar on a terminal, plain lines in a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from veritas.cli.lib import table
from veritas.events.json import as_text
from veritas.formatting import escape_control_characters
from veritas.projections.client_messages import LAST_PHASE
from veritas.projections.descriptions import describe_message, message_label, message_line, shorten_error
from veritas.projections.findings import severity_of

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

# The messages that get a line of their own above the progress bar; the others are shown only in the bar.
_IMPORTANT = ("phase_complete", "phase_error", "finding", "audit_error")


class LiveDisplay:
    """The display of an audit's client messages as they come.

        with LiveDisplay() as display:
            await runner.run(display.show)

    If stderr cannot be written to, the audit continues without a display.
    """

    def __init__(self, *, everything: bool = False) -> None:
        """Make a display.

        Args:
            everything: Whether every message gets a line of its own on a terminal, and not only the important ones.
        """
        self._everything = everything
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._errors: list[str] = []  # those that were shown: an unreachable site makes every phase fail

    def __enter__(self) -> Self:
        if sys.stderr is not None and sys.stderr.isatty():
            self._progress = _progress_bar()
            self._task = self._progress.add_task("Starting", total=100, detail="")
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, message: Mapping[str, Any]) -> None:
        """Show one client message; an error that was shown before is not repeated in full."""
        shortened = self._shortened(message)
        if shortened is None:
            return
        with contextlib.suppress(OSError):
            if self._progress is None:
                click.echo(message_line(shortened), err=True)
            else:
                self._paint(self._progress, shortened)

    def show_line(self, text: str) -> None:
        """Show a line of text about the audit that is not one of its messages."""
        with contextlib.suppress(OSError):
            if self._progress is None:
                click.echo(escape_control_characters(text), err=True)
            else:
                self._progress.console.print(escape_control_characters(text))

    def _shortened(self, message: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return a message without an error that was shown before; None if it only repeats one."""
        is_ending, of_last_phase = message["type"] == "audit_error", message["phase"] == LAST_PHASE
        if not is_ending and message["type"] != "phase_error":
            return None if message["type"] == "phase_start" and message["step"] == "error" else message
        error = as_text(message["error"]) or ""
        shortened = shorten_error(error, self._errors)
        if error and error not in self._errors:
            self._errors.append(error)
        if shortened == error:
            return message
        if of_last_phase and not is_ending:
            return None  # the audit's end follows
        return {**message, "error": None if is_ending else shortened}

    def _paint(self, progress: Progress, message: Mapping[str, Any]) -> None:
        from rich.text import Text

        text, label = map(escape_control_characters, (describe_message(message), message_label(message)))
        if self._everything or message["type"] in _IMPORTANT:
            line = Text(label, style="bold")
            line.append(f"  {text}", style=_style_of(message))
            progress.console.print(line)
        assert self._task is not None
        progress.update(self._task, completed=message["pct"], description=label, detail=text)


def _style_of(message: Mapping[str, Any]) -> str:
    match message["type"]:
        case "phase_error" | "audit_error":
            return table.bad("").style
        case "finding":
            return table.severity(severity_of(message["finding"]), "").style
        case _:
            return ""


def _progress_bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", style="bold", markup=False, table_column=Column(no_wrap=True)),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn(
            "{task.fields[detail]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)
        ),
        console=Console(file=sys.stderr, highlight=False, markup=False, emoji=False),
        transient=True,
        redirect_stdout=False,  # stdout is data
        expand=True,
    )
