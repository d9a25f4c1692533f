"""`veritas rollout start`"""

from __future__ import annotations

import click

from veritas.cli.rollout.common import carry_out, change_options


@click.command("start")
@click.option(
    "--stages",
    metavar="PERCENT,…",
    help="Which shares of the audits get the queue, one after another; a stage may have a name: canary=5,all=100."
    "  [default: those it had before, else 10,25,50,75,100]",
)
@click.option("--tier", metavar="TIER", help="Decide the audits of this tier alone.  [default: all]")
@change_options
def command(stages: str | None, tier: str | None, name: str, reason: str, by: str | None, database: str | None) -> None:
    """Begin a rollout at its first stage, or anew one that was rolled back."""
    from veritas.audit.phase import tier_named
    from veritas.config import user_name
    from veritas.rollout.plan import Plan

    plan = None if stages is None else Plan.parse(stages)
    if tier is not None:
        tier_named(tier)
    carry_out(database, lambda ledger: ledger.start(plan, name=name, tier=tier, by=by or user_name(), reason=reason))
