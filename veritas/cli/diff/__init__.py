"""`veritas diff A [B]`, `--all` and `--site URL`"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.lib.exit_status import NO, YES
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
@click.option("--ignore", multiple=True, metavar="PATH", help="Do not count differences at this path. Repeatable.")
@click.option("--only", multiple=True, metavar="PATH", help="Count only differences at this path. Repeatable.")
@click.option(
    "--tolerance",
    "tolerances",
    multiple=True,
    metavar="PATH=±N|±N%",
    help="How far numbers at this path may differ. Repeatable.",
)
@click.option("--no-defaults", is_flag=True, help="Also count what differs in every run, such as times and ports.")
@click.option("--events", is_flag=True, help="List every difference of every event, and what was not counted.")
@click.option("--all", "every", is_flag=True, help="Total the comparisons of all runs whose transports were validated.")
@click.option(
    "--site", metavar="URL", help="Show what changed on a site over all recordings of it; a host means all its pages."
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
    events: bool,
    every: bool,
    site: str | None,
    since: float | None,
    until: float | None,
    output: str,
    file: Path | None,
    force: bool,
    database: str | None,
) -> int:
    """Compare two audits, the two transports of one, or all recordings of a site.

    A and B are any unique beginnings of the ids of audits or runs. Their events are aligned first, so that a missing
    event is a single difference, and then compared field by field. Differences that occur in every run (times, ports,
    nonces, values of cookies) are listed but not counted. Differences of pixels in screenshots are listed and not
    counted either, unless a tolerance is given, such as --tolerance pixels=±1%. The exit status is 0 if A and B are
    equal, and 1 if they differ or if the log of either is not as it was recorded.

    Without B, the two transports of a run are compared byte for byte: what arrived over the queue with what arrived
    over stdout. --all totals these comparisons over all validated runs, and --site shows what changed on a site over
    all recordings of it.

    A PATH is a field (summary.trust_score), an event (scout/page_loaded), or both ('judge/done summary.signals');
    a single name matches the field at any depth, and * and ? are wildcards. A TIME is a date, or a date with a time, in
    UTC unless it has an offset: 2026-11-24 or 2026-11-24T12:03:04Z.
    """
    from veritas.cli.lib.open_log import open_run, open_runs
    from veritas.diff import Rules

    if output == "html" and file is None and sys.stdout is not None and sys.stdout.isatty():
        raise UsageError("--format html does not write to a terminal; give -o FILE.")
    has_rules = bool(ignore or only or tolerances or no_defaults)
    rules = Rules.of(ignore=ignore, only=only, tolerances=tolerances, defaults=not no_defaults)
    if not every and (since is not None or until is not None):
        raise UsageError("--since and --until work only with --all; leave them out, or give --all.")
    if every or site is not None:
        if a is not None or has_rules:
            raise UsageError(
                "--all and --site take neither runs nor rules; leave out A, B, --ignore, --only, --tolerance and "
                "--no-defaults."
            )
        if every and site is not None:
            raise UsageError("--all and --site contradict each other; give one of them.")
        if site is not None:
            from veritas.cli.diff.site import show_site

            return show_site(database, site, output=output, file=file, force=force)
        if output == "html":
            raise UsageError("--all does not have --format html; give --format text or json.")
        from veritas.cli.diff.transports import show_all

        return show_all(database, since=since, until=until, output=output, file=file, force=force)
    if a is None:
        raise UsageError("There is nothing to compare; give one or two audits, --all, or --site URL.")
    if b is None:
        if has_rules:
            raise UsageError(
                "--ignore, --only, --tolerance and --no-defaults need two audits, because transports are compared byte "
                "for byte; leave them out, or give B."
            )
        with open_run(database, a) as (archive, run):
            return _compare_transports(archive, run, output=output, file=file, force=force)
    with open_runs(database, (a, b)) as (archive, runs):
        return _compare_runs(archive, runs[0], runs[-1], rules, events=events, output=output, file=file, force=force)


def _compare_runs(
    archive: Archive, a: str, b: str, rules: Rules, *, events: bool, output: str, file: Path | None, force: bool
) -> int:
    from veritas.diff.run_comparison import compare_runs
    from veritas.diff.screenshots import PIXELS

    comparison = compare_runs(archive, a, b, rules)
    if unmatched := [pattern for pattern in rules.unmatched() if pattern.split()[-1] != PIXELS]:
        raise UsageError(
            f"The path {unmatched[0]!r} matches nothing in either run; `veritas events AUDIT --format json` shows the"
            " fields."
        )
    for run in comparison.unended:
        click.echo(
            escape_control_characters(f"Run {run!r} has not ended; the events that it has are compared."), err=True
        )
    for run in comparison.torn:
        warning = (
            f"The transports of run {run!r} differ; of each event the observation that arrived first is compared. "
            f"`veritas diff {run}` shows the differences."
        )
        click.echo(escape_control_characters(warning), err=True)
    if output == "text":
        from veritas.cli.diff.runs import print_comparison

        with printing(file, force=force):
            print_comparison(comparison, events=events)
        if events and rules.defaults and comparison.differences.hidden:
            click.echo("\n--no-defaults counts these differences too.", err=True)
    elif output == "json":
        _write_json(comparison.as_dict(), file=file, force=force)
    else:
        from veritas.diff.html import render_comparison

        with writing(file, force=force) as write:
            for piece in render_comparison(comparison, origin=archive.origin(), artifact=archive.artifact):
                write(piece)
    return max(_warn_of_faults(archive, *dict.fromkeys((a, b))), YES if comparison.differences.equal else NO)


def _compare_transports(archive: Archive, run: str, *, output: str, file: Path | None, force: bool) -> int:
    from veritas.diff.transports.tee import compare_transports

    comparison = compare_transports(archive, run)
    if output == "text":
        from veritas.cli.diff.transports import print_transport_comparison

        with printing(file, force=force):
            print_transport_comparison(comparison)
    elif output == "json":
        _write_json(comparison.as_dict(), file=file, force=force)
    else:
        from veritas.diff.html import render_transports

        with writing(file, force=force) as write:
            for piece in render_transports(comparison, origin=archive.origin()):
                write(piece)
    return max(_warn_of_faults(archive, run), YES if comparison.equal else NO)


def _warn_of_faults(archive: Archive, *runs: str) -> int:
    """Warn of faults in the log of the compared runs; return the exit status."""
    from veritas.archive.integrity import find_fault
    from veritas.cli.lib.open_log import warn_of_faults

    return warn_of_faults([fault for run in runs if (fault := find_fault(archive, run)) is not None])


def _write_json(value: Mapping[str, Any], *, file: Path | None, force: bool) -> None:
    from veritas.events.json import json_document

    with writing(file, force=force) as write:
        write(json_document(value))
