"""`veritas rollout gate`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veritas.cli.lib.options import database_option, format_option, verbose_option
from veritas.cli.rollout.common import rollout_option
from veritas.formatting import escape_control_characters

if TYPE_CHECKING:
    from veritas.archive.archive import Archive
    from veritas.rollout.gate import Verdict

_STATUSES = {"advance": 0, "hold": 1, "cannot say": 2, "roll back": 4}


@click.command("gate")
@rollout_option
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a threshold; `veritas help rollout` lists them. Repeatable.",
)
@click.option("--auto", is_flag=True, help="Apply the decision: advance or roll back; a hold changes nothing.")
@click.option("--dry-run", is_flag=True, help="With --auto: print what would be done, and change nothing.")
@click.option("--by", metavar="NAME", help="With --auto: the person who decides it.  [default: user@host]")
@format_option("table", "json")
@database_option
@verbose_option
def command(
    name: str,
    settings: tuple[str, ...],
    auto: bool,
    dry_run: bool,
    by: str | None,
    output: str,
    database: str | None,
) -> int:
    """Decide whether to advance, hold or roll back, from the audits of the stage in force.

    The exit status is 0 to advance, 1 to hold, 2 if no decision is possible, and 4 to roll back.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.output import print_json
    from veritas.cli.lib.progress import progress_bar
    from veritas.errors import UsageError
    from veritas.events.json import json_values
    from veritas.rollout.gate import judge
    from veritas.rollout.outputs.gate_json import gate_json
    from veritas.rollout.queries import read_gate_input
    from veritas.rollout.thresholds import Thresholds

    if (dry_run or by) and not auto:
        option = "--dry-run" if dry_run else "--by"
        raise UsageError(f"{option} works only with --auto; leave it out, or give --auto.")
    thresholds = Thresholds.parse(settings)
    with Archive.open(database, create=False) as archive:
        with progress_bar("Catching up") as progress:
            gate_input = read_gate_input(archive, name, progress=progress)
        verdict = judge(gate_input, thresholds)
        if output == "json":
            print_json(json_values(gate_json(verdict)))
        else:
            _print(verdict)
        if auto:
            _apply(archive, verdict, by, dry_run=dry_run)
    return _STATUSES[verdict.decision]


def _print(verdict: Verdict) -> None:
    from veritas.cli.lib.table import Column, print_heading, print_pairs, print_table

    stage = verdict.input.stage
    print_pairs(
        [
            ("rollout", verdict.input.rollout),
            ("stage", stage.name),
            ("decision", verdict.decision),
            ("why", verdict.reason),
        ]
    )
    print_heading("Rules")
    columns = (Column("rule"), Column("outcome"), Column("why", fold=True))
    print_table(columns, ((ruling.rule, ruling.outcome, ruling.sentence) for ruling in verdict.rulings))


def _apply(archive: Archive, verdict: Verdict, by: str | None, *, dry_run: bool) -> None:
    """Apply the gate's decision through the ledger, which records the numbers that it is based on."""
    from veritas.config import user_name
    from veritas.events.json import json_values
    from veritas.rollout.gate import ADVANCE
    from veritas.rollout.gate_rules import ROLL_BACK
    from veritas.rollout.ledger import Ledger
    from veritas.rollout.outputs.gate_json import gate_json

    ledger, following = Ledger(archive), verdict.input.next
    if verdict.decision not in (ADVANCE, ROLL_BACK):
        click.echo("Nothing was changed.", err=True)
        return
    target = "stdout" if verdict.decision == ROLL_BACK else following.name if following else ""
    action = "roll back" if verdict.decision == ROLL_BACK else "advance"
    if dry_run:
        click.echo(escape_control_characters(f"It would {action} to {target}; nothing was changed."), err=True)
        return
    change = ledger.rollback if verdict.decision == ROLL_BACK else ledger.advance
    change(
        name=verdict.input.rollout,
        judged=verdict.input.position,
        by=by or user_name(),
        reason=verdict.reason,
        evidence=json_values(gate_json(verdict)),
    )
    done = "Rolled back" if verdict.decision == ROLL_BACK else "Advanced"
    click.echo(escape_control_characters(f"{done} to {target}, from the next audit on."), err=True)
