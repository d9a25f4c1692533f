"""`veritas record -- COMMAND …`"""

from __future__ import annotations

from functools import partial

import click

from veritas.cli.lib.options import database_option, database_timeout_option, ipc_options, verbose_option


@click.command("record", context_settings={"allow_interspersed_args": False})
@ipc_options
@click.option("--rollout", metavar="NAME", help="Let this rollout decide whether the program is offered the queue.")
@click.option("--url", metavar="URL", help="The URL that the program audits, for the record.")
@click.option("--json", "as_json", is_flag=True, help="Write the run's state to stdout as JSON.")
@database_option
@database_timeout_option
@verbose_option
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]…")
def command(
    flags: dict[str, bool],
    rerun: bool,
    rollout: str | None,
    url: str | None,
    as_json: bool,
    database: str | None,
    database_timeout: int,
    program: tuple[str, ...],
) -> int:
    """Run a program and record the events that it emits.

    Its events are the lines with ##PROGRESS: and a JSON object on its stdout, and the values that it puts into the
    queue given in AUDIT_QUEUE_ADDRESS and AUDIT_QUEUE_KEY. Its other output is recorded too. Without a flag, both the
    queue and stdout are open to it; no rollout decides, unless --rollout names one. A flag, and then QUEUE_IPC_MODE,
    wins over the rollout.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.running import run_and_show
    from veritas.config import Settings
    from veritas.core.mode_decision import IPC_MODE_QUEUE, Decision, decide
    from veritas.recording.audit_runner import AuditRunner
    from veritas.recording.run import new_audit_id
    from veritas.rollout.ledger import Ledger

    audit_id = new_audit_id()
    settings = Settings.from_environment()
    with Archive.open(database) as archive:
        if rollout is not None or any(flags.values()) or settings.ipc_mode is not None:
            stage = None if rollout is None else Ledger(archive).stage_of(rollout)
            decision = decide(settings, key=audit_id, stage=stage, **flags)
        else:
            decision = Decision(IPC_MODE_QUEUE, "STATIC", "record")
        runner = partial(AuditRunner, audit_id, url, None, archive=archive, command=program)
        return run_and_show(
            runner, archive, decision=decision, rerun=rerun, database_timeout=database_timeout, as_json=as_json
        )
