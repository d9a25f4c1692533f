"""A bar on stderr for what takes its time, where stderr is a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(title: str, of: str = "events") -> Iterator[Callable[[int, int], None]]:
    """Give what shows how many things are done, of how many; nothing is shown before it is called."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with contextlib.ExitStack() as shown:
        update: Callable[[int, int], None] | None = None

        def show(done: int, total: int) -> None:
            nonlocal update
            update = update or shown.enter_context(_bar(title, of))
            update(done, total)

        yield show


@contextlib.contextmanager
def _bar(title: str, of: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn(of), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
