"""`veritas rollout explain`"""

from __future__ import annotations

import click

from veritas.cli.lib.options import database_option, format_option, verbose_option
from veritas.cli.lib.tier import TierName


@click.command("explain")
@click.argument("audit", required=False)
@click.option("--key", metavar="K", help="Explain the mode that an audit with this id would get now.")
@click.option("--tier", type=TierName(), metavar="TIER", help="With --key: the tier of that audit.")
@format_option("table", "json")
@database_option
@verbose_option
def command(audit: str | None, key: str | None, tier: str | None, output: str, database: str | None) -> None:
    """Explain why an audit got its IPC mode."""
    from veritas.archive.archive import Archive
    from veritas.cli.lib.output import print_json
    from veritas.cli.lib.table import print_line, print_pairs
    from veritas.config import Settings
    from veritas.core.mode_decision import decide
    from veritas.errors import UsageError
    from veritas.rollout.explain import Explanation, explain
    from veritas.rollout.ledger import Ledger

    if tier is not None and key is None:
        raise UsageError("--tier works only with --key, because a recorded audit has its own tier; leave it out.")
    if bool(audit) == bool(key):
        raise UsageError("`veritas rollout explain` explains one audit; give either AUDIT or --key K.")
    with Archive.open(database, create=False) as archive:
        if audit:
            explanation = explain(archive, archive.resolve(audit))
        else:
            stage = Ledger(archive).stage_for(tier)
            explanation = Explanation(decide(Settings.from_environment(), key=key, stage=stage).event())
    if output == "json":
        print_json(explanation.as_dict())
        return
    print_pairs(explanation.pairs())
    print_line(explanation.sentence)
