"""`veritas verify`"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from veritas.cli.options import audit_argument, database_option, format_option, verbose_option

if TYPE_CHECKING:
    from store.log import Verification
    from veritas.archive import Archive

YES, NO = 0, 1


@click.command("verify")
@audit_argument(required=False)
@format_option("text", "json")
@database_option
@verbose_option
def command(audit: str | None, output: str, database: str | None) -> int:
    """Check that the log is as it was written.

    Without AUDIT the whole log is checked: that nothing in it was changed, removed, inserted or moved since it was
    recorded. The first thing that is wrong is named, with its position, and the exit status is 1.
    """
    from veritas.archive import Archive
    from veritas.cli.json_output import print_json

    with Archive.open(database, create=False) as archive:
        run_id = None if audit is None else archive.resolve(audit)
        if output == "text":
            return report(archive, run_id)
        verification = _verify(archive, run_id)
        fault = verification.fault
        print_json(
            {"ok": fault is None, "events": verification.events, "fault": None if fault is None else asdict(fault)}
        )
        return YES if fault is None else NO


def report(archive: Archive, run_id: str | None = None) -> int:
    """Check one run or the whole log, say what came of it, and return the exit status."""
    from veritas.cli import style
    from veritas.cli.table import print_line
    from veritas.cli.text import count

    verification = _verify(archive, run_id)
    checked, fault = count(verification.events, "event"), verification.fault
    what = "the log" if run_id is None else f"run {run_id}"
    if fault is None:
        print_line(style.right(f"Verified {what}: {checked}, all as they were recorded."))
        return YES
    of_run = f" of run {fault.run_id}" if fault.run_id else ""
    print_line(style.wrong(f"Not as it was recorded: position {fault.position}{of_run}: {fault.what}: {fault.detail}."))
    print_line(f"Up to there {what} is as it was recorded: {checked}.")
    return NO


def _verify(archive: Archive, run_id: str | None) -> Verification:
    with _progress() as progress:
        return archive.log.verify(run_id, progress=progress)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Give what shows the progress: a bar where stderr is a terminal, and nothing elsewhere."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda checked, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Verifying"), BarColumn(), MofNCompleteColumn(), TextColumn("events"), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=None)
        yield lambda checked, total: bar.update(task, completed=checked, total=total)
