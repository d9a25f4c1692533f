"""`veritas rollout start`"""

from __future__ import annotations

import click

from veritas.cli.lib.tier import TierName
from veritas.cli.rollout.common import apply_change, change_options


@click.command("start")
@click.option(
    "--stages",
    metavar="PERCENT,…",
    help="The shares of audits that get the queue, one after another; a stage may have a name: canary=5,all=100."
    "  [default: its former stages, else 10,25,50,75,100]",
)
@click.option("--tier", type=TierName(), metavar="TIER", help="Decide only the audits of this tier.  [default: all]")
@change_options
def command(stages: str | None, tier: str | None, name: str, reason: str, by: str | None, database: str | None) -> None:
    """Start a rollout at its first stage; one that was rolled back can be started again."""
    from veritas.config import user_name
    from veritas.rollout.plan import Plan

    plan = None if stages is None else Plan.parse(stages)
    apply_change(database, lambda ledger: ledger.start(plan, name=name, tier=tier, by=by or user_name(), reason=reason))
