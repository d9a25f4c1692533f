"""`veritas replay AUDIT`"""

from __future__ import annotations

import math
from pathlib import Path

import click

from veritas.cli.options import audit_argument, database_option, format_option, verbose_option
from veritas.cli.output import output_options, writing
from veritas.formats import FORMATS, Context, Kind
from veritas.wording import harmless


def _speed(ctx: click.Context, parameter: click.Parameter, value: float) -> float:
    if not (value > 0 and math.isfinite(value)):
        raise click.BadParameter(f"{value!r} is no speed; give a number above 0, such as 2, or --no-wait.")
    return value


@click.command("replay")
@audit_argument()
@click.option("--speed", type=float, default=1.0, show_default=True, callback=_speed, help="How many times as fast.")
@click.option("--no-wait", is_flag=True, help="Write everything at once.")
@format_option(*FORMATS)
@output_options
@database_option
@verbose_option
def command(
    audit: str, speed: float, no_wait: bool, output: str, file: Path | None, force: bool, database: str | None
) -> None:
    """Replay an audit at its recorded pace.

    Every event comes once, however many transports carried it. The terminal format is what was shown while the audit
    ran; jsonl has all that the events say, with the seconds since the request as `offset`.
    """
    from veritas.cli.archive import open_run
    from veritas.errors import UsageError
    from veritas.replay import timed

    chosen = FORMATS[output]
    if file is not None and chosen.kind is Kind.ELSEWHERE:
        raise UsageError(f"The format {output!r} writes nothing that could go into a file; leave out -o.")
    wait = not (no_wait or file or chosen.kind is Kind.DOCUMENT)
    lines = chosen.kind is Kind.LINES
    with open_run(database, audit) as (archive, run_id), writing(file, force=force, flush=wait, text=lines) as write:
        events = timed(archive.events(run_id), speed=speed, wait=wait)
        context = Context(archive.wire, warn=lambda said: click.echo(harmless(said), err=True), at_once=not wait)
        for piece in chosen.write(events, context):
            write(piece)
