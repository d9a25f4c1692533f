"""`veritas report AUDIT`"""

from __future__ import annotations

from pathlib import Path

import click

from veritas.cli.lib.options import audit_argument, database_option, verbose_option
from veritas.cli.lib.output import output_options


@click.command("report")
@audit_argument()
@output_options("The page to write.  [default: the audit's id and .html]")
@database_option
@verbose_option
def command(audit: str, file: Path | None, force: bool, database: str | None) -> int:
    """Write an audit's report as one HTML page.

    It has the verdict and its signals, the findings, each cut out of its screenshot, the security checks, when each
    phase ran, how the events came, and what proves them. It needs nothing beside itself: no network and no script. An
    audit that runs still, or that failed, has a report of what is recorded so far. The page's name is printed.

    Where the log is not as it was recorded, the page begins with that, and the exit status is 1.
    """
    from veritas.archive.report import report_from_log
    from veritas.cli.lib.open_log import file_stem, open_run, warn_of
    from veritas.files import atomic_file

    with open_run(database, audit) as (archive, run_id):
        audit_id = run_id.rpartition(".")[0]
        runs = [run_id] if run_id == audit else archive.runs(audit_id)
        target = file or Path(f"{file_stem(run_id if run_id == audit else audit_id)}.html")
        with atomic_file(target, force=force) as page:
            report = report_from_log(archive, runs)
            page.writelines(report.pieces)
    click.echo(target)
    return warn_of(report.faults.values())
