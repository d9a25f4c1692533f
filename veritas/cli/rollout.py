"""`veritas rollout status`, `start`, `advance`, `hold`, `rollback`, `history` and `explain`"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from veritas.cli.options import database_option, format_option, verbose_option
from veritas.core.rollout import ROLLOUT
from veritas.wording import harmless

if TYPE_CHECKING:
    from veritas.cli.table import Cell
    from veritas.rollout.ledger import Change, Ledger, Rollout

F = TypeVar("F", bound=Callable[..., Any])


@click.group("rollout")
def command() -> None:
    """Move audits from stdout to the queue in stages, and say why each got what it got."""


def _rollout_option(subcommand: F) -> F:
    option = click.option(
        "--rollout", "name", default=ROLLOUT, show_default=True, metavar="NAME", help="Which rollout."
    )
    return option(subcommand)


def _change_options(subcommand: F) -> F:
    """Add `--reason` and `--by`, which every change is recorded with."""
    for option in (
        verbose_option,
        database_option,
        click.option("--by", metavar="NAME", help="Who decides it.  [default: user@host]"),
        click.option("--reason", metavar="TEXT", required=True, help="Why; it stands in the log."),
        _rollout_option,
    ):
        subcommand = option(subcommand)
    return subcommand


@command.command("status")
@format_option("table", "json")
@database_option
@verbose_option
def status(output: str, database: str | None) -> None:
    """Show at which stage each rollout is, since when, and what comes next."""
    from veritas.archive import Archive
    from veritas.cli.json_output import print_json_array
    from veritas.cli.table import print_pairs
    from veritas.rollout.ledger import Ledger

    with Archive.open(database, create=False) as archive:
        rollouts = list(Ledger(archive).rollouts().values())
    if output == "json":
        print_json_array(map(_fields, rollouts))
        return
    for number, rollout in enumerate(rollouts):
        if number:
            click.echo()
        print_pairs(_pairs(rollout))
    if not rollouts:
        click.echo("No rollout was started, so 10% use the queue; `veritas rollout start` begins one.", err=True)
    _warn_of_variables()


@command.command("start")
@click.option(
    "--stages",
    default="10,25,50,75,100",
    show_default=True,
    metavar="PERCENT,…",
    help="Which shares of the audits get the queue, one after another; a stage may have a name: canary=5,all=100.",
)
@click.option("--tier", metavar="TIER", help="Decide the audits of this tier alone.  [default: all]")
@_change_options
def start(stages: str, tier: str | None, name: str, reason: str, by: str | None, database: str | None) -> None:
    """Begin a rollout at its first stage, or anew one that was rolled back."""
    from veritas.audit.phase import tier_named
    from veritas.config import user_name
    from veritas.rollout.plan import Plan

    plan = Plan.parse(stages)
    if tier is not None:
        tier_named(tier)
    _change(database, lambda ledger: ledger.start(plan, name=name, tier=tier, by=by or user_name(), reason=reason))


@command.command("advance")
@_change_options
def advance(name: str, reason: str, by: str | None, database: str | None) -> None:
    """Go on to the next stage."""
    from veritas.config import user_name

    _change(database, lambda ledger: ledger.advance(name=name, by=by or user_name(), reason=reason))


@command.command("hold")
@_change_options
def hold(name: str, reason: str, by: str | None, database: str | None) -> None:
    """Record that a rollout stays at its stage, and why."""
    from veritas.config import user_name

    _change(database, lambda ledger: ledger.hold(name=name, by=by or user_name(), reason=reason))


@command.command("rollback")
@_change_options
def rollback(name: str, reason: str, by: str | None, database: str | None) -> None:
    """Let every further audit that the rollout decides use stdout, from the next one on.

    It holds for every machine that shares the log, but where a flag or a variable (QUEUE_IPC_MODE, QUEUE_IPC_ROLLOUT)
    decides, and for the audits of a tier that has a rollout of its own.
    """
    from veritas.config import user_name

    _change(database, lambda ledger: ledger.rollback(name=name, by=by or user_name(), reason=reason))


@command.command("history")
@_rollout_option
@format_option("table", "json", "jsonl")
@database_option
@verbose_option
def history(name: str, output: str, database: str | None) -> None:
    """List all that was done to a rollout: when, what, by whom and why."""
    from veritas.archive import Archive
    from veritas.cli.json_output import print_json_array, print_json_lines
    from veritas.cli.table import Column, print_table
    from veritas.errors import UsageError
    from veritas.rollout.ledger import Ledger

    with Archive.open(database, create=False) as archive:
        rollout = Ledger(archive).rollouts().get(name)
    if rollout is None:
        raise UsageError(f"There is no rollout {name!r}; `veritas rollout status` shows those there are.")
    if output == "table":
        names = ("at", "action", "stage", "share", "by", "reason")
        columns = [Column(each, right=each == "share", fold=each == "reason") for each in names]
        print_table(columns, map(_change_row, rollout.changes))
        return
    rows = (_change_fields(change) for change in rollout.changes)
    (print_json_array if output == "json" else print_json_lines)(rows)


@command.command("explain")
@click.argument("audit", required=False)
@click.option("--key", metavar="K", help="What an audit of this id would get now, in place of what one got.")
@click.option("--tier", metavar="TIER", help="With --key: of which tier it would be.")
@format_option("table", "json")
@database_option
@verbose_option
def explain(audit: str | None, key: str | None, tier: str | None, output: str, database: str | None) -> None:
    """Say why an audit got the mode that it got."""
    from veritas.archive import Archive
    from veritas.audit.phase import tier_named
    from veritas.cli.json_output import print_json
    from veritas.cli.table import print_line, print_pairs
    from veritas.config import Settings
    from veritas.core.rollout import decide
    from veritas.errors import UsageError
    from veritas.rollout.explanation import Explanation, explained
    from veritas.rollout.ledger import Ledger

    if tier is not None:
        tier_named(tier)
        if key is None:
            raise UsageError("--tier is for --key: what an audit got is recorded; leave it out.")
    if (audit is None) == (key is None):
        raise UsageError("An audit that was, or a key of one that could be, is explained; give AUDIT or --key K.")
    with Archive.open(database, create=False) as archive:
        if key is not None:
            stage = Ledger(archive).stage_for(tier)
            found = Explanation(decide(Settings.from_environment(), key=key, stage=stage).event())
        else:
            found = explained(archive, archive.resolve(audit or ""))
    if output == "json":
        print_json(found.as_dict())
        return
    print_pairs(found.pairs())
    print_line(found.sentence)


def _change(database: str | None, change: Callable[[Ledger], Rollout]) -> None:
    """Carry out a change, and say what is in force from here on."""
    from veritas.archive import Archive
    from veritas.cli.table import print_pairs
    from veritas.rollout.ledger import Ledger

    with Archive.open(database) as archive:
        ledger = Ledger(archive)
        changed = change(ledger)
        print_pairs(_pairs(changed))
        others = [other for other in ledger.rollouts().values() if other.name != changed.name]
    click.echo("It holds from the next audit on, for everyone who shares this log.", err=True)
    for other in others:
        said = other.last.said
        of = "all other audits" if said.tier is None else f"the audits of tier {said.tier}"
        told = f"Warning: The rollout {other.name!r} decides {of}: {said.share:.4g} of them get the queue."
        click.echo(harmless(told), err=True)
    _warn_of_variables()


def _warn_of_variables() -> None:
    """Say what decides on this machine before any rollout does."""
    from veritas.config import Settings

    settings = Settings.from_environment()
    for name, value in (("QUEUE_IPC_MODE", settings.ipc_mode), ("QUEUE_IPC_ROLLOUT", settings.rollout)):
        if value is not None:
            click.echo(harmless(f"Warning: {name}={value!r} is set here, and wins over every rollout."), err=True)


def _pairs(rollout: Rollout) -> Iterator[tuple[str, Cell]]:
    from veritas.wording import moment

    said = rollout.last.said
    yield "rollout", rollout.name
    yield "tier", said.tier
    yield "stage", said.stage
    yield "share", f"{100 * said.share:.4g}% of the audits get the queue"
    yield "since", moment(rollout.began_stage_at)
    yield "last change", f"{said.action} by {said.by} at {moment(rollout.last.at)}: {said.reason}"
    yield "next", rollout.next.name if rollout.next else None


def _fields(rollout: Rollout) -> dict[str, Any]:
    from veritas.projections.instant import utc_text

    said = rollout.last.said
    return {
        "rollout": rollout.name,
        "tier": said.tier,
        "stage": said.stage,
        "share": said.share,
        "since": utc_text(rollout.began_stage_at),
        "stages": rollout.plan.as_list(),
        "next": rollout.next.name if rollout.next else None,
        "last": _change_fields(rollout.last),
    }


def _change_row(change: Change) -> Sequence[Cell]:
    from veritas.wording import moment

    said = change.said
    return moment(change.at), said.action, said.stage, f"{said.share:.4g}", said.by, said.reason


def _change_fields(change: Change) -> dict[str, Any]:
    from veritas.projections.instant import utc_text

    return {"at": utc_text(change.at), "position": change.position, **asdict(change.said)}
