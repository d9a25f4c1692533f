"""`veritas audit URL…`, and `veritas URL` for short."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from veritas.cli.lib.audit_options import AuditChoices, audit_options
from veritas.cli.lib.batch_options import BatchChoices, batch_options
from veritas.cli.lib.checking import CheckChoices, check_options, print_checks, recorded_states
from veritas.cli.lib.login import login_options
from veritas.cli.lib.options import database_option, database_timeout_option, ipc_options, verbose_option
from veritas.cli.lib.output import output_options
from veritas.cli.lib.target_options import TargetChoices, target_options


@click.command("audit")
@target_options
@batch_options
@audit_options
@ipc_options
@login_options
@check_options
@click.option(
    "--json", "as_json", is_flag=True, help="Write the audit's state, or the batch's summary, to stdout as JSON."
)
@output_options("Write the audit's state, or the batch's summary, to this file as JSON.")
@database_option
@database_timeout_option
@verbose_option
@click.pass_context
def command(
    ctx: click.Context,
    targets: TargetChoices,
    batch: BatchChoices,
    choices: AuditChoices,
    flags: dict[str, bool],
    rerun: bool,
    login: dict[str, Any],
    checks: CheckChoices,
    as_json: bool,
    file: Path | None,
    force: bool,
    database: str | None,
    database_timeout: int,
) -> int:
    """Audit a web site in a real browser and record every step.

    URL is a full http:// or https:// URL. Several of them, those of --from, or any option of a batch make a batch:
    each is an audit of its own, several are done at once, and the summary lists the worst verdicts first. `veritas show
    BATCH` shows it again, and `veritas audit --resume BATCH` continues it.

    The flags decide how the child process sends its events; without a flag, QUEUE_IPC_MODE does; without that, the
    rollout (QUEUE_IPC_ROLLOUT, else the stage of `veritas rollout`).

    A SOURCE is @FILE for a file that has the value, env:NAME for an environment variable, or - to be asked for it. A
    login is used and not recorded: the log has the names of headers and cookies, and no value.

    Hosts that NO_PROXY lists are reached without a proxy: domains, IP addresses, blocks such as 10.0.0.0/8, or * for
    all. So is this machine, unless the proxy is given by --proxy.

    Nothing that a page asks for can reach an address that is not public, such as a device in your own network. A URL
    with a local host opens that host and port, and --allow-private opens others.

    With --fail-on the exit status is 1 if a rule applies, or if the audit showed too little to say; `veritas help ci`
    has the rules.
    """
    if not (batch.given or targets.is_batch):
        return _audit_one(
            targets=targets,
            choices=choices,
            flags=flags,
            rerun=rerun,
            login=login,
            checks=checks,
            as_json=as_json,
            file=file,
            force=force,
            database=database,
            database_timeout=database_timeout,
        )
    from veritas.cli.lib.new_batch import run_new_batch
    from veritas.cli.lib.resume_batch import resume_batch
    from veritas.cli.lib.running_batch import Output
    from veritas.errors import UsageError

    if rerun:
        raise UsageError("--validate-by rerun is for one URL; leave it out, and a batch is validated by tees.")
    output = Output(as_json, file, force, checks)
    if batch.resume is not None:
        return resume_batch(
            ctx,
            targets=targets,
            batch=batch,
            choices=choices,
            login=login,
            output=output,
            database=database,
            database_timeout=database_timeout,
        )
    return run_new_batch(
        targets=targets,
        batch=batch,
        choices=choices,
        flags=flags,
        login=login,
        output=output,
        database=database,
        database_timeout=database_timeout,
    )


def _audit_one(
    *,
    targets: TargetChoices,
    choices: AuditChoices,
    flags: dict[str, bool],
    rerun: bool,
    login: dict[str, Any],
    checks: CheckChoices,
    as_json: bool,
    file: Path | None,
    force: bool,
    database: str | None,
    database_timeout: int,
) -> int:
    from msgspec import structs

    from veritas.archive.archive import Archive
    from veritas.audit.login_parsing import parse_login
    from veritas.cli.lib.running import run_and_show
    from veritas.cli.lib.table import print_heading
    from veritas.config import Settings
    from veritas.core.mode_decision import decide
    from veritas.recording.audit_runner import AuditRunner
    from veritas.recording.request_context import RequestContext
    from veritas.recording.run import new_audit_id
    from veritas.rollout.ledger import Ledger

    (url,) = targets.read().urls
    options = structs.replace(choices.parse(), login=parse_login(url, **login))
    checks.rules()  # before a log is created
    audit_id = new_audit_id()
    with Archive.open(database) as archive, checks.checking(archive, force=force) as check_runs:
        if opened := options.policy.for_target(url).opened:
            hosts = ", ".join(map(str, opened))
            click.echo(f"The audit may reach {hosts}, and no other address that is not public.", err=True)
        decision = decide(
            Settings.from_environment(), key=audit_id, stage=Ledger(archive).stage_for(choices.tier), **flags
        )
        request = RequestContext(tags=targets.tags)
        runner = partial(AuditRunner, audit_id, url, choices.tier, archive=archive, options=options, request=request)
        status = run_and_show(
            runner,
            archive,
            decision=decision,
            rerun=rerun,
            database_timeout=database_timeout,
            as_json=as_json,
            file=file,
            force=force,
        )
        if checks.are_made:
            made = check_runs(recorded_states(archive, [audit_id]))
            if not as_json:
                print_heading("Rules")
            status = max(status, print_checks(made, err=as_json))
        return status
