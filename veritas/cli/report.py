"""`veritas report AUDIT`"""

from __future__ import annotations

from pathlib import Path

import click

from veritas.cli.lib.options import audit_argument, database_option, verbose_option
from veritas.cli.lib.output import output_options


@click.command("report")
@audit_argument()
@click.option("--replay", is_flag=True, help="Write a player of the recording; it checks the evidence that is in it.")
@output_options("The name of the page.  [default: the audit's id and .html, or the run's id and .replay.html]")
@database_option
@verbose_option
def command(audit: str, replay: bool, file: Path | None, force: bool, database: str | None) -> int:
    """Write an audit's report as one HTML page.

    It has the verdict and its signals, the findings with clips of their screenshots, the security checks, the times of
    the phases, the transport of the events, and their proofs. The page is self-contained: it needs no network and no
    script. The report of an audit that is running or failed shows what is recorded so far. The page's name is printed.

    With --replay the page is a player of one run, the latest of the audit: a time line of all events, the screenshots,
    and the state at each moment. It needs a browser with scripts, and nothing else. It has the events as they were
    recorded, and their proof: the browser computes their hashes again, and the page shows what was checked.

    If the log is not as it was recorded, the page begins with a warning, and the exit status is 1.
    """
    from veritas.archive.report import report_from_log
    from veritas.archive.run_selection import file_stem, select_runs
    from veritas.cli.lib.open_log import open_run, warn_of_faults
    from veritas.files import atomic_file
    from veritas.player.page import replay_page

    with open_run(database, audit) as (archive, run_id):
        selection = select_runs(archive, audit, run_id)
        archive.require_unarchived([run_id] if replay else selection.runs)
        if replay:
            target = file or Path(f"{file_stem(run_id)}.replay.html")
            with atomic_file(target, force=force) as page:
                recording = replay_page(archive, run_id)
                page.writelines(recording.pieces)
            click.echo(target)
            return warn_of_faults([] if recording.fault is None else [recording.fault])
        target = file or Path(f"{selection.file_stem}.html")
        with atomic_file(target, force=force) as page:
            report = report_from_log(archive, selection.runs)
            page.writelines(report.pieces)
    click.echo(target)
    return warn_of_faults(report.faults.values())
