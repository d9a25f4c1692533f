"""`veritas diff`"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from veritas.cli.options import database_option, format_option, time_option, verbose_option
from veritas.cli.output import output_options
from veritas.errors import UsageError


@click.command("diff")
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
    every: bool,
    site: str | None,
    since: float | None,
    until: float | None,
    output: str,
    file: Path | None,
    force: bool,
    database: str | None,
) -> int:
    """Compare recordings.

    A TIME is a date or a date with a time, in UTC where it says nothing else: 2026-11-24 or 2026-11-24T12:03:04Z.
    """
    if every == (site is not None):
        raise UsageError("Nothing to compare is named; give --all, or --site URL, and not both.")
    if every and output == "html":
        raise UsageError("--all has no page; give --format text or json.")
    if output == "html" and file is None and sys.stdout is not None and sys.stdout.isatty():
        raise UsageError("A page is for a browser and not for a terminal; give -o FILE to write it to.")
    if site is not None and (since is not None or until is not None):
        raise UsageError("--since and --until are for --all; leave them out with --site.")
    if site is None:
        from veritas.cli.diff_all import show_all

        return show_all(database, since=since, until=until, output=output, file=file, force=force)
    from veritas.cli.diff_site import show_site

    return show_site(database, site, output=output, file=file, force=force)
