"""Run the audits of a batch from the command line: the display, the summary, the exit status."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import click
from msgspec import structs

from store.errors import StoreError
from veritas.archive.archive import Archive
from veritas.audit.network import Network
from veritas.audit.robots import Robots
from veritas.batch.batch import Batch
from veritas.batch.batch_log import BatchLog
from veritas.batch.logins import BatchLogins
from veritas.batch.robots_fetcher import robots_fetcher
from veritas.batch.runner import BatchRunner
from veritas.batch.schedule import Target
from veritas.batch.summary import summarize
from veritas.cli.lib.batch_display import BatchDisplay
from veritas.cli.lib.batch_summary import print_batch
from veritas.cli.lib.checking import CheckChoices, print_checks, recorded_states
from veritas.cli.lib.exit_status import INTERRUPTED, NO, YES
from veritas.cli.lib.output import print_json
from veritas.cli.lib.running import state_file, until_terminated
from veritas.cli.lib.table import print_heading
from veritas.config import Settings
from veritas.core.mode_decision import decide
from veritas.errors import BatchTakenOver, VeritasError
from veritas.events.process_identity import ProcessIdentity
from veritas.formatting import count, escape_control_characters
from veritas.projections.state_json import field_values
from veritas.recording.audit_options import AuditOptions
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.log_retry import LogRetry
from veritas.recording.request_context import RequestContext
from veritas.recording.worker_process import WorkerProcess
from veritas.rollout.ledger import Ledger

_MOST_HOSTS = 5  # that a message names

Show = Callable[[Archive, str], int]  # shows a batch of the log, and returns the exit status


@dataclass(frozen=True)
class Output:
    """Where a batch's summary is written to, and how the batch is checked.

    Attributes:
        as_json: Whether stdout gets it as JSON.
        file: A file that gets it as JSON; None for none.
        force: Whether existing files may be replaced.
        checks: The checks of the audits.
    """

    as_json: bool
    file: Path | None
    force: bool
    checks: CheckChoices

    @contextmanager
    def opened(self, archive: Archive) -> Iterator[Show]:
        """Open the files, so that no batch begins whose results cannot be written; give a function that shows it.

        The function returns the exit status: whether every URL was audited, or left out as asked, and passed.

        Raises:
            UsageError: A file exists or cannot be created, or a check is invalid.
        """
        with (
            state_file(self.file, force=self.force) as write,
            self.checks.checking(archive, force=self.force) as check_runs,
        ):

            def show(archive: Archive, batch_id: str) -> int:
                summary = summarize(archive, batch_id)
                as_json = field_values(summary.json())
                write(as_json)
                if self.as_json:
                    print_json(as_json)
                else:
                    print_batch(summary)
                status = NO if summary.remaining else YES
                if not self.checks.are_made:
                    return status
                made = check_runs(recorded_states(archive, [batch_id]))
                if not self.as_json:
                    print_heading("Rules")
                return max(status, print_checks(made, err=self.as_json))

            yield show


@dataclass(frozen=True)
class Work:
    """What is to be done of a batch.

    Attributes:
        batch: The batch.
        targets: The URLs that are to be audited.
        log: The writer of the batch's stream.
        options: The options of the audits, without a login.
        logins: What they log in with.
        jobs: How many audits are done at once.
        per_host: The least pause between two audits of one host, in seconds.
    """

    batch: Batch
    targets: Sequence[Target]
    log: BatchLog
    options: AuditOptions
    logins: BatchLogins
    jobs: int
    per_host: float


def run_batch(archive: Archive, work: Work, show: Show, database_timeout: float) -> int:
    """Run the audits of a batch, show the summary, and return the exit status.

    Args:
        archive: The log.
        work: What is to be done.
        show: Shows the summary; see `Output.opened`.
        database_timeout: The seconds for which an audit waits for a log that is not available.

    Raises:
        BatchTakenOver: Another process has resumed the batch.
        RunSpooled: The log was not available for too long.
        SpoolFailed: Neither the log nor a file in its place can be written.
        store.errors.StoreError: The log cannot be read or written.
    """
    request, settings = work.batch.request, Settings.from_environment()
    network = Network.of(replace(settings, proxy=work.options.proxy or settings.proxy))
    display = BatchDisplay(len(work.targets))
    work.log.retry.report = display.show_line

    def make_audit(audit_id: str, url: str, worker: WorkerProcess) -> AuditRunner:
        stage = Ledger(archive).stage_for(request.tier)
        return AuditRunner(
            audit_id,
            url,
            request.tier,
            archive=archive,
            decision=decide(settings, key=audit_id, stage=stage, **request.flags),
            options=structs.replace(work.options, login=work.logins.login_for(url), obey_robots=request.obey_robots),
            request=RequestContext(work.batch.id, tuple(request.tags)),
            retry=LogRetry(database_timeout, report=display.show_line),
            worker=worker,
        )

    runner = BatchRunner(
        work.batch,
        work.targets,
        log=work.log,
        make_audit=make_audit,
        jobs=work.jobs,
        per_host=work.per_host,
        robots=Robots(robots_fetcher(work.options.policy, network)) if request.obey_robots else None,
        observer=display,
    )
    hosts = len({target.host for target in work.targets})
    click.echo(
        f"Batch {work.batch.id}: {count(len(work.targets), 'URL')} on {count(hosts, 'host')},"
        f" {min(work.jobs, hosts)} at once.",
        err=True,
    )
    try:
        with display:
            asyncio.run(until_terminated(runner.run()))
    except KeyboardInterrupt:
        _finish(archive, work, "interrupted")
        show(archive, work.batch.id)
        again = " with the login" if request.secrets else ""
        click.echo(f"Interrupted; `veritas audit --resume {work.batch.id}`{again} continues the batch.", err=True)
        return INTERRUPTED
    except BatchTakenOver:
        raise
    except (VeritasError, StoreError) as error:
        work.log.retry.give_up()  # the audits have waited for the log already
        with suppress(VeritasError, StoreError):  # the log itself may have failed
            _finish(archive, work, "failed", str(error))
        raise
    _finish(archive, work, "completed")
    status = show(archive, work.batch.id)
    return NO if runner.unequal else status


def _finish(archive: Archive, work: Work, status: str, error: str | None = None) -> None:
    """Record the end of the batch, unless another process has resumed it."""
    if work.log.is_taken_over(ProcessIdentity.own()):
        return
    unsigned = work.log.finish(status, summarize(archive, work.batch.id).counts, error)
    if unsigned is not None:
        warning = f"Warning: No checkpoint was signed over this batch: {unsigned}"
        click.echo(escape_control_characters(warning), err=True)


def say_what_is_open(options: AuditOptions, urls: Iterable[str]) -> None:
    """Write to stderr which addresses that are not public the audits may reach."""
    opened = dict.fromkeys(str(host) for url in urls for host in options.policy.for_target(url).opened)
    if opened:
        named = ", ".join(islice(opened, _MOST_HOSTS)) + (", …" if len(opened) > _MOST_HOSTS else "")
        click.echo(f"Open although they may not be public, each to the audit of its own URL: {named}.", err=True)
