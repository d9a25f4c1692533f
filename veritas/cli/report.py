"""`veritas report AUDIT`"""

from __future__ import annotations

from pathlib import Path

import click

from veritas.cli.options import OutputFile, audit_argument, database_option, verbose_option


@click.command("report")
@audit_argument()
@click.option(
    "-o",
    "--output",
    type=OutputFile(),
    metavar="FILE",
    help="The page to write.  [default: the audit's id and .html]",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@database_option
@verbose_option
def command(audit: str, output: Path | None, force: bool, database: str | None) -> None:
    """Write an audit's report as one HTML page.

    It has the verdict and its signals, the findings, each cut out of its screenshot, the security checks, when each
    phase ran, how the events came, and what proves them. It needs nothing beside itself: no network and no script. An
    audit that runs still, or that failed, has a report of what is recorded so far. The page's name is printed.
    """
    from veritas.cli.archive import file_stem, open_run
    from veritas.log_report import report_from_log
    from veritas.new_file import new_file

    with open_run(database, audit) as (archive, run_id):
        audit_id = run_id.rpartition(".")[0]
        runs = [run_id] if run_id == audit else archive.runs(audit_id)
        target = output or Path(f"{file_stem(run_id if run_id == audit else audit_id)}.html")
        with new_file(target, force=force) as file:
            file.writelines(report_from_log(archive, runs))
    click.echo(target)
