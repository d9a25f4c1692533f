"""`veritas diff A [B]`, `--all` and `--site URL`"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.lib.options import database_option, format_option, time_option, verbose_option
from veritas.cli.lib.output import output_options, printing, writing
from veritas.errors import UsageError
from veritas.formatting import escape_control_characters

if TYPE_CHECKING:
    from veritas.archive.archive import Archive
    from veritas.diff import Rules


@click.command("diff")
@click.argument("a", metavar="[A]", required=False)
@click.argument("b", metavar="[B]", required=False)
@click.option("--ignore", multiple=True, metavar="PATH", help="What does not count; may be given several times.")
@click.option("--only", multiple=True, metavar="PATH", help="What alone counts; may be given several times.")
@click.option(
    "--tolerance",
    "tolerances",
    multiple=True,
    metavar="PATH=±N|±N%",
    help="How far apart numbers may be; may be given several times.",
)
@click.option("--no-defaults", is_flag=True, help="Count what differs each time as well, such as times and ports.")
@click.option("--all", "every", is_flag=True, help="All runs whose transports were to be compared, added up.")
@click.option(
    "--site", metavar="URL", help="What changed on a site, over all recordings of it; a host is all its pages."
)
@time_option("--since", help="With --all: only runs requested at this time or later.")
@time_option("--until", help="With --all: only runs requested before this time.")
@format_option("text", "json", "html")
@output_options("Write to a file instead of stdout.")
@database_option
@verbose_option
def command(
    a: str | None,
    b: str | None,
    ignore: tuple[str, ...],
    only: tuple[str, ...],
    tolerances: tuple[str, ...],
    no_defaults: bool,
    every: bool,
    site: str | None,
    since: float | None,
    until: float | None,
    output: str,
    file: Path | None,
    force: bool,
    database: str | None,
) -> int:
    """Compare two recordings, the two transports of one, or all of a site.

    A and B are any unique beginnings of the ids of audits or runs. Their events are aligned first, so that one that is
    missing is one difference, and then compared field by field. What differs each time (times, ports, nonces, the
    values of cookies) does not count, and it is told where it would have. How far the pixels of screenshots differ is
    told and does not count either, unless there is a tolerance for it, such as --tolerance pixels=±1%. The exit status
    is 0 where they are equal, and 1 where they differ, or where the log of either is not as it was recorded.

    Without B, a run that went over both transports is compared with itself: what came over the queue and what came
    over stdout, byte for byte. --all adds that up over every run whose transports were to be compared, and --site tells
    what changed on a site over all recordings of it.

    A PATH is a field (summary.trust_score), an event (scout/page_loaded), or both ('judge/done summary.signals');
    a single name stands for it wherever it is, and * and ? are as in file names. A TIME is a date, or a date with a
    time, in UTC where it says nothing else: 2026-11-24 or 2026-11-24T12:03:04Z.
    """
    from veritas.cli.lib.open_log import open_run, open_runs
    from veritas.diff import Rules

    if output == "html" and file is None and sys.stdout is not None and sys.stdout.isatty():
        raise UsageError("A page is for a browser and not for a terminal; give -o FILE to write it to.")
    ruled = bool(ignore or only or tolerances or no_defaults)
    rules = Rules.of(ignore=ignore, only=only, tolerances=tolerances, defaults=not no_defaults)
    if not every and (since is not None or until is not None):
        raise UsageError("--since and --until are for --all; leave them out.")
    if every or site is not None:
        if a is not None or ruled:
            raise UsageError("--all and --site take no runs and no rules; leave out what names them.")
        if every and site is not None:
            raise UsageError("--all and --site answer different questions; give one of them.")
        if site is not None:
            from veritas.cli.diff.site import show_site

            return show_site(database, site, output=output, file=file, force=force)
        if output == "html":
            raise UsageError("--all has no page; give --format text or json.")
        from veritas.cli.diff.transports import show_all

        return show_all(database, since=since, until=until, output=output, file=file, force=force)
    if a is None:
        raise UsageError("Nothing to compare is named; give one run or two, --all, or --site URL.")
    if b is None:
        if ruled:
            raise UsageError("Transports are compared byte for byte, without rules; leave them out, or name a B.")
        with open_run(database, a) as (archive, run):
            return _compare_transports(archive, run, output=output, file=file, force=force)
    with open_runs(database, (a, b)) as (archive, runs):
        return _compare_runs(archive, runs[0], runs[-1], rules, output=output, file=file, force=force)


def _compare_runs(
    archive: Archive, a: str, b: str, rules: Rules, *, output: str, file: Path | None, force: bool
) -> int:
    from veritas.diff.run_comparison import compare_runs
    from veritas.diff.screenshots import PIXELS

    comparison = compare_runs(archive, a, b, rules)
    for run in comparison.unended:
        click.echo(
            escape_control_characters(f"Run {run!r} has no end in the log; what there is of it is compared."), err=True
        )
    for run in comparison.torn:
        told = f"The transports of run {run!r} differ, and of each event what came first is compared; see `veritas diff"
        click.echo(escape_control_characters(f"{told} {run}`."), err=True)
    for pattern in rules.unmatched():
        if pattern.split()[-1] != PIXELS:
            click.echo(escape_control_characters(f"Neither run has anything that {pattern!r} names."), err=True)
    if output == "text":
        from veritas.cli.diff.runs import print_comparison

        with printing(file, force=force):
            print_comparison(comparison)
        if rules.defaults and comparison.differences.hidden:
            click.echo("\nWith --no-defaults, what differs each time counts as well.", err=True)
    elif output == "json":
        _write_json(comparison.as_dict(), file=file, force=force)
    else:
        from veritas.diff.html import render_comparison

        with writing(file, force=force) as write:
            for piece in render_comparison(comparison, origin=archive.origin(), artifact=archive.artifact):
                write(piece)
    return max(_warn_of_faults(archive, *dict.fromkeys((a, b))), 0 if comparison.differences.equal else 1)


def _compare_transports(archive: Archive, run: str, *, output: str, file: Path | None, force: bool) -> int:
    from veritas.diff.transports.tee import compare_transports

    both = compare_transports(archive, run)
    if output == "text":
        from veritas.cli.diff.transports import print_both_transports

        with printing(file, force=force):
            print_both_transports(both)
    elif output == "json":
        _write_json(both.as_dict(), file=file, force=force)
    else:
        from veritas.diff.html import render_transports

        with writing(file, force=force) as write:
            for piece in render_transports(both, origin=archive.origin()):
                write(piece)
    return max(_warn_of_faults(archive, run), 0 if both.equal else 1)


def _warn_of_faults(archive: Archive, *runs: str) -> int:
    """Warn of what is not as it was recorded in the runs that were compared; return the exit status."""
    from veritas.archive.integrity import find_fault
    from veritas.cli.lib.open_log import warn_of

    return warn_of([fault for run in runs if (fault := find_fault(archive, run)) is not None])


def _write_json(value: Mapping[str, Any], *, file: Path | None, force: bool) -> None:
    from veritas.cli.lib.output import json_document

    with writing(file, force=force) as write:
        write(json_document(value))
