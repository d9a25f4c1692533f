"""`veritas metrics`"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.number_types import WholeNumber
from veritas.cli.lib.options import database_option, format_option, time_option, verbose_option
from veritas.cli.lib.output import output_options

if TYPE_CHECKING:
    from veritas.archive.archive import Archive
    from veritas.metrics.audit_metrics import AuditMetrics
    from veritas.metrics.json import AuditMetricsJson
    from veritas.metrics.queue_state import QueueState

_PORT = 9464
_LONGEST_WAIT = 0.5  # seconds; on Windows, ^C does not end a wait without a limit


@click.command("metrics")
@time_option("--since", help="Only audits requested at this time or later: a date, or an age such as 7d.")
@format_option("table", "json", "prometheus")
@click.option(
    "--serve",
    type=WholeNumber(0, 65_535),
    is_flag=False,
    flag_value=_PORT,
    metavar="[PORT]",
    help=f"Serve them to Prometheus on this machine until ^C, on this port ({_PORT} without one; 0 is any).",
)
@click.option("--dashboard", "printed", flag_value="dashboard.json", help="Print a dashboard for Grafana instead.")
@click.option("--alert-rules", "printed", flag_value="alert-rules.yml", help="Print Prometheus's alert rules instead.")
@output_options("Write to this file instead of stdout.")
@database_option
@verbose_option
def command(
    since: float | None,
    output: str,
    serve: int | None,
    printed: str | None,
    file: Path | None,
    force: bool,
    database: str | None,
) -> None:
    """Show all audits in numbers: statuses, durations, failures by cause, verdicts, and findings by kind.

    With --serve, Prometheus can scrape http://127.0.0.1:9464/metrics. The page `veritas help metrics` explains each
    metric, the dashboard and the alert rules.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.output import printing, writing
    from veritas.cli.lib.progress import progress_bar
    from veritas.errors import UsageError
    from veritas.events.json import json_document, json_values
    from veritas.metrics.audit_metrics import read_metrics
    from veritas.metrics.json import metrics_json

    if serve is not None and (printed is not None or file is not None):
        raise UsageError("--serve writes no file; leave it out, or leave out -o, --dashboard and --alert-rules.")
    if serve is not None and output != "table":
        raise UsageError("--serve gives Prometheus its own format; leave out --format.")
    if printed is not None and (since is not None or output != "table"):
        raise UsageError("--dashboard and --alert-rules read no log; leave out --since and --format.")
    if printed is not None:
        with writing(file, force=force, text=True) as write:
            write(files("veritas.metrics").joinpath(printed).read_bytes())
        return
    if since is not None and (serve is not None or output == "prometheus"):
        raise UsageError("Prometheus counts from the beginning; leave out --since, or give another format.")
    with Archive.open(database, create=False) as archive:
        if serve is not None:
            _serve(archive, serve)
            return
        with progress_bar("Catching up") as progress:
            metrics = read_metrics(archive, since=since, queue=lambda: _queue_of(archive), progress=progress)
        if output == "prometheus":
            from veritas.metrics.prometheus import prometheus_text

            with writing(file, force=force) as write:
                write(prometheus_text(lambda: metrics))
            return
        shown = metrics_json(metrics, archive.log.run_totals(since).durations())
    if output == "json":
        with writing(file, force=force) as write:
            write(json_document(json_values(shown)))
    else:
        with printing(file, force=force):
            _print(metrics, shown)


def _queue_of(archive: Archive) -> QueueState | None:
    """Return the state of the fleet beside a log; None if there is none, or this installation cannot know of one."""
    if archive.log.neighbour("fleet") is None:
        return None
    try:
        from veritas.fleet.overview import overview_of
    except ModuleNotFoundError:  # procrastinate, which is of the extra `fleet`
        return None
    from veritas.metrics.queue_state import QueueState

    overview = overview_of(archive)
    if overview is None:
        return None
    jobs = {(queue, status): number for queue, counts in overview.jobs.items() for status, number in counts.items()}
    return QueueState(jobs, overview.due, sum(worker.lives for worker in overview.workers))


def _serve(archive: Archive, port: int) -> None:
    import signal
    import threading

    from veritas.cli.lib.errors import error_reporter
    from veritas.metrics.audit_metrics import read_metrics
    from veritas.metrics.server import serving

    def read() -> AuditMetrics:
        return read_metrics(archive, queue=lambda: _queue_of(archive))

    stop = threading.Event()
    with serving(read, port, report=error_reporter(click.get_current_context())) as url:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda number, frame: stop.set())
        click.echo(f"The metrics are at {url}; ^C ends this.", err=True)
        while not stop.wait(_LONGEST_WAIT):
            pass


def _print(metrics: AuditMetrics, shown: AuditMetricsJson) -> None:
    from veritas.cli.lib.table import Column, print_heading, print_pairs, print_table
    from veritas.formatting import count, file_size, utc_time
    from veritas.metrics.tables import tables_of

    print_pairs(
        [
            ("since", utc_time(metrics.since)),
            ("last ended", utc_time(metrics.last_finished)),
            ("log", f"{count(metrics.events, 'event')}, {file_size(metrics.size)}"),
            ("workers", None if metrics.queue is None else f"{metrics.queue.workers:,}"),
        ]
    )
    for table in tables_of(shown):
        print_heading(table.title)
        print_table((Column(table.name), *(Column(name, right=True) for name in table.numbers)), table.rows)
