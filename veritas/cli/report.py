"""`veritas report AUDIT`"""

from __future__ import annotations

from pathlib import Path

import click

from veritas.cli.lib.options import audit_argument, database_option, verbose_option
from veritas.cli.lib.output import output_options


@click.command("report")
@audit_argument()
@output_options("The name of the page.  [default: the audit's id and .html]")
@database_option
@verbose_option
def command(audit: str, file: Path | None, force: bool, database: str | None) -> int:
    """Write an audit's report as one HTML page.

    It has the verdict and its signals, the findings with clips of their screenshots, the security checks, the times of
    the phases, the transport of the events, and their proofs. The page is self-contained: it needs no network and no
    script. The report of an audit that is running or failed shows what is recorded so far. The page's name is printed.

    If the log is not as it was recorded, the page begins with a warning, and the exit status is 1.
    """
    from veritas.archive.report import report_from_log
    from veritas.cli.lib.open_log import file_stem, open_run, warn_of_faults
    from veritas.files import atomic_file

    with open_run(database, audit) as (archive, run_id):
        audit_id = run_id.rpartition(".")[0]
        runs = [run_id] if run_id == audit else archive.runs(audit_id)
        archive.require_unarchived(runs)
        target = file or Path(f"{file_stem(run_id if run_id == audit else audit_id)}.html")
        with atomic_file(target, force=force) as page:
            report = report_from_log(archive, runs)
            page.writelines(report.pieces)
    click.echo(target)
    return warn_of_faults(report.faults.values())
