"""A progress bar on stderr for long work, if stderr is a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(title: str, unit: str = "events") -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows how many things of how many are done; the bar appears with its first call."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with contextlib.ExitStack() as bars:
        update: Callable[[int, int], None] | None = None

        def show(done: int, total: int) -> None:
            nonlocal update
            update = update or bars.enter_context(_bar(title, unit))
            update(done, total)

        yield show


@contextlib.contextmanager
def _bar(title: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
