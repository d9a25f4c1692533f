"""What differs between a run's two transports, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veritas.cli import style
from veritas.cli.table import print_line, print_pairs
from veritas.formatting import count, moment
from veritas.projections.descriptions import tell_difference, tell_uncompared

if TYPE_CHECKING:
    from veritas.diff.both_transports import BothTransports

_LONGEST = 500  # characters of one difference; --format json has it all


def print_both_transports(both: BothTransports) -> None:
    """Write which run it is, whether its transports delivered the same, and what differs."""
    run = both.run
    print_pairs(
        [
            ("run", run.run_id),
            ("url", run.url),
            ("started", moment(run.started_at)),
            ("mode", run.mode),
            ("status", style.status(run.status)),
            *((source, count(amount, "event")) for source, amount in both.counts.items()),
        ]
    )
    click.echo()
    print_line(style.right(both.outcome) if both.equal else style.wrong(both.outcome))
    if both.redacted and both.found:
        print_line(tell_uncompared(both.redacted))
    for difference in both.found:
        told = tell_difference(difference)
        print_line(told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…")
