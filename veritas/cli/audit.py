"""`veritas audit URL`, and `veritas URL` for short."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from veritas.cli.lib.audit_options import AuditChoices, audit_options
from veritas.cli.lib.checking import CheckChoices, check_options, print_checks, recorded_states
from veritas.cli.lib.login import login_options
from veritas.cli.lib.options import database_option, database_timeout_option, ipc_options, verbose_option
from veritas.cli.lib.output import output_options


@click.command("audit")
@click.argument("url")
@audit_options
@ipc_options
@login_options
@check_options
@click.option("--json", "as_json", is_flag=True, help="Write the audit's state to stdout as JSON.")
@output_options("Write the audit's state to this file as JSON.")
@database_option
@database_timeout_option
@verbose_option
def command(
    url: str,
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

    URL is a full http:// or https:// URL. The flags decide how the child process sends its events; without a flag,
    QUEUE_IPC_MODE does; without that, the rollout (QUEUE_IPC_ROLLOUT, else the stage of `veritas rollout`).

    A SOURCE is @FILE for a file that has the value, env:NAME for an environment variable, or - to be asked for it. A
    login is used and not recorded: the log has the names of headers and cookies, and no value.

    Hosts that NO_PROXY lists are reached without a proxy: domains, IP addresses, blocks such as 10.0.0.0/8, or * for
    all. So is this machine, unless the proxy is given by --proxy.

    Nothing that a page asks for can reach an address that is not public, such as a device in your own network. A URL
    with a local host opens that host and port, and --allow-private opens others.

    With --fail-on the exit status is 1 if a rule applies, or if the audit showed too little to say; `veritas help ci`
    has the rules.
    """
    from msgspec import structs

    from veritas.archive.archive import Archive
    from veritas.audit.login_parsing import parse_login
    from veritas.cli.lib.running import run_and_show
    from veritas.cli.lib.table import print_heading
    from veritas.config import Settings
    from veritas.core.mode_decision import decide
    from veritas.recording.audit_runner import AuditRunner
    from veritas.recording.run import check_url, new_audit_id
    from veritas.rollout.ledger import Ledger

    check_url(url)
    options = structs.replace(choices.parse(), login=parse_login(url, **login))
    if opened := options.policy.for_target(url).opened:
        hosts = ", ".join(map(str, opened))
        click.echo(f"The audit may reach {hosts}, and no other address that is not public.", err=True)
    audit_id = new_audit_id()
    with checks.checking(force=force) as check_runs, Archive.open(database) as archive:
        decision = decide(
            Settings.from_environment(), key=audit_id, stage=Ledger(archive).stage_for(choices.tier), **flags
        )
        runner = partial(AuditRunner, audit_id, url, choices.tier, archive=archive, options=options)
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
            made = check_runs(archive, recorded_states(archive, [audit_id]))
            if not as_json:
                print_heading("Rules")
            status = max(status, print_checks(made, err=as_json))
        return status
