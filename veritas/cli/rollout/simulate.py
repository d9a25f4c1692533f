"""`veritas rollout simulate`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from veritas.cli.lib.number_types import Number, WholeNumber
from veritas.cli.lib.options import format_option, verbose_option

if TYPE_CHECKING:
    from veritas.rollout.simulation import Simulation

_SHARE = Number(0, 1)
_AUDITS = Number(0, 100_000, min_open=True)
_SECONDS = Number(0, 3_600, min_open=True)
_SEED = WholeNumber(0, 2**63 - 1)
_COUNT = WholeNumber(1, 100_000)
_FACTOR = Number(0, 1_000, min_open=True)


@click.command("simulate")
@click.option("--audits", type=_AUDITS, default=100.0, show_default=True, help="Audits a day.")
@click.option(
    "--success-stdout", type=_SHARE, default=0.97, show_default=True, help="Share of audits that complete over stdout."
)
@click.option(
    "--success-queue",
    type=_SHARE,
    default=0.97,
    show_default=True,
    help="Share of audits that complete over the queue.",
)
@click.option(
    "--latency-stdout",
    type=_SECONDS,
    default=0.005,
    show_default=True,
    help="Median over the audits of their p95 latency over stdout, in seconds.",
)
@click.option("--latency-queue", type=_SECONDS, default=0.005, show_default=True, help="The same over the queue.")
@click.option("--loss", type=_SHARE, default=0.0, show_default=True, help="Probability that the queue loses an event.")
@click.option("--events", type=WholeNumber(1, 1_000_000), default=500, show_default=True, help="Events per audit.")
@click.option(
    "--draw",
    type=_FACTOR,
    default=1.0,
    show_default=True,
    help="Audits that get the queue, as a multiple of the stage's share.",
)
@click.option("--stages", default="10,25,50,75,100", show_default=True, metavar="PERCENT,…", help="The stages.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Set a threshold of the gate. Repeatable.")
@click.option("--worlds", type=_COUNT, default=200, show_default=True, help="Number of simulated rollouts.")
@click.option("--days", type=_COUNT, default=365, show_default=True, help="Days after which a rollout is given up.")
@click.option("--seed", type=_SEED, default=0, show_default=True, help="Seed of the random numbers.")
@format_option("table", "json")
@verbose_option
def command(
    stages: str, settings: tuple[str, ...], worlds: int, days: int, seed: int, output: str, **world: Any
) -> None:
    """Simulate rollouts with known properties: how long each stage takes, and how often the gate decides wrongly.

    The gate decides once a day, and its decision is applied.
    """
    from veritas.cli.lib.output import print_json
    from veritas.rollout.plan import Plan
    from veritas.rollout.simulation import World, simulate
    from veritas.rollout.thresholds import Thresholds

    simulation = simulate(
        World(**world),
        plan=Plan.parse(stages),
        thresholds=Thresholds.parse(settings),
        worlds=worlds,
        seed=seed,
        limit=days,
    )
    if output == "json":
        print_json(simulation.as_dict())
    else:
        _print(simulation)


def _print(simulation: Simulation) -> None:
    from veritas.cli.lib.table import Column, print_heading, print_table

    result = simulation.as_dict()
    print_heading("Ends")
    columns = [Column("end"), Column("stage"), Column("by"), Column("worlds", right=True), Column("of all", right=True)]
    ends = (
        (end["end"], end["stage"], end["rules"], f"{end['worlds']:,}", f"{end['worlds'] / result['worlds']:.1%}")
        for end in result["ends"]
    )
    print_table(columns, ends)
    print_heading("Days at each stage, in rollouts that left it")
    columns = [Column("stage"), *(Column(name, right=True) for name in ("worlds", "days", "days, 90%"))]
    print_table(
        columns,
        (
            (stage["stage"], f"{stage['left']:,}", *(_days(stage[name]) for name in ("days_p50", "days_p90")))
            for stage in result["stages"]
        ),
    )
    print_heading("Audits until the end")
    columns = [Column(""), Column("median", right=True), Column("90%", right=True)]
    names = {"audits": "all", "over_queue": "over the queue"}
    print_table(
        columns,
        ((title, f"{result[name]['p50']:,.0f}", f"{result[name]['p90']:,.0f}") for name, title in names.items()),
    )


def _days(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"
