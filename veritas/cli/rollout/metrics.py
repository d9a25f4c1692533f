"""`veritas rollout metrics`"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.options import database_option, format_option, time_option, verbose_option
from veritas.cli.output import output_options
from veritas.cli.rollout.options import rollout_option

if TYPE_CHECKING:
    from veritas.cli.table import Cell

# The columns, and whether each is a number.
_WHERE = {"stage": False, "mode": False}
_COUNTED = _WHERE | dict.fromkeys(
    ("share", "real", "p", "audits", "success", "95%", "fell back", "lost", "repeated", "resent", "differ"), True
)
_TIMED = _WHERE | dict.fromkeys(("duration", "latency p50", "p95", "p99", "events/s", "queue start"), True)


@click.command("metrics")
@rollout_option
@click.option("--tier", metavar="TIER", help="Only audits of this tier.")
@time_option("--since", help="Only audits requested from this time on.")
@time_option("--until", help="Only audits requested before this time.")
@format_option("table", "json", "prometheus", "html")
@output_options("Write to this file instead of stdout.")
@database_option
@verbose_option
def command(
    name: str,
    tier: str | None,
    since: float | None,
    until: float | None,
    output: str,
    file: Path | None,
    force: bool,
    database: str | None,
) -> None:
    """Show how the audits of a rollout did, by stage and by the mode that they were given."""
    from veritas.archive import Archive
    from veritas.audit.phase import tier_named
    from veritas.cli.json_output import json_document
    from veritas.cli.output import printing, writing
    from veritas.cli.progress import progress_bar
    from veritas.rollout.metrics_json import metrics_json
    from veritas.rollout.reading import read_metrics

    if tier is not None:
        tier_named(tier)
    with Archive.open(database, create=False) as archive, progress_bar("Catching up") as progress:
        metrics = read_metrics(archive, name, tier=tier, since=since, until=until, progress=progress)
    if output == "table":
        with printing(file, force=force):
            _print(metrics_json(metrics))
        return
    with writing(file, force=force, text=output != "json") as write:
        if output == "json":
            write(json_document(metrics_json(metrics)))
        elif output == "html":
            from veritas.rollout.page import rollout_page

            write(rollout_page(metrics))
        else:
            from veritas.rollout.prometheus import prometheus_text

            write(prometheus_text(metrics))


def _print(told: Mapping[str, Any]) -> None:
    from veritas.cli.table import Column, print_heading, print_pairs, print_table

    print_pairs(
        [("rollout", told["rollout"]), ("tier", told["tier"]), ("since", told["since"]), ("until", told["until"])]
    )
    print_heading("Audits")
    print_table([Column(name, right=number) for name, number in _COUNTED.items()], _rows(told, _counts))
    print_heading("Times (the median, and what 95% and 99% do not exceed)")
    print_table([Column(name, right=number) for name, number in _TIMED.items()], _rows(told, _times))
    fallbacks = [
        (population["name"], mode["mode"], cause, f"{number:,}")
        for population in (*told["stages"], *told["others"])
        for mode in population["modes"]
        for cause, number in mode["fallbacks"].items()
    ]
    if fallbacks:
        print_heading("Fallbacks")
        print_table([Column("stage"), Column("mode"), Column("cause"), Column("audits", right=True)], fallbacks)


def _rows(
    told: Mapping[str, Any], row: Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[Cell]]
) -> Iterator[tuple[Cell, ...]]:
    for population in (*told["stages"], *told["others"]):
        for mode in population["modes"]:
            yield (population["name"], mode["mode"], *row(population, mode))


def _counts(population: Mapping[str, Any], mode: Mapping[str, Any]) -> Iterator[Cell]:
    share, real, p, success = (
        population["share"],
        population["real_share"],
        population["sample_ratio_p"],
        mode["success"],
    )
    yield None if share is None else f"{share:.1%}"
    yield None if real is None else f"{real:.1%}"
    yield None if p is None else f"{p:.2g}"
    yield f"{mode['runs']:,}"
    yield None if success is None else f"{success['share']:.1%}"
    yield None if success is None else f"{success['low']:.1%}-{success['high']:.1%}"
    yield f"{sum(mode['fallbacks'].values()):,}"
    for name in ("lost", "repeated", "resent", "mismatched"):
        tally = mode[name]
        unknown = mode["runs"] - tally["known"]
        yield None if tally["total"] is None else f"{tally['total']:,}{f' ({unknown:,} unknown)' if unknown else ''}"


def _times(population: Mapping[str, Any], mode: Mapping[str, Any]) -> Iterator[Cell]:
    yield _three(mode["wall_seconds"], 1, "s")
    for value in mode["latency_seconds"].values():
        yield None if value is None else f"{1000 * value:.1f} ms"
    yield _three(mode["events_per_second"], 1, "")
    yield _three(mode["queue_start_seconds"], 2, "s")


def _three(told: Mapping[str, float] | None, digits: int, unit: str) -> str | None:
    return None if told is None else f"{' '.join(f'{value:.{digits}f}' for value in told.values())} {unit}".rstrip()
