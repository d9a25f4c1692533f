"""`veritas replay AUDIT…`"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.options import audits_argument, database_option, format_option, point_option, verbose_option
from veritas.cli.lib.output import output_options, writing
from veritas.errors import UsageError
from veritas.formatting import escape_control_characters
from veritas.replay.formats import FORMATS, Context, Kind
from veritas.replay.player import FASTEST, SLOWEST

if TYPE_CHECKING:
    from veritas.archive.archive import Archive
    from veritas.replay.formats import Format
    from veritas.replay.point_in_time import PointInTime
    from veritas.replay.selection import EventFilter, RunPart


def _speed(ctx: click.Context, parameter: click.Parameter, value: str) -> float:
    speed = _number(value)
    if not SLOWEST <= speed <= FASTEST:
        raise click.BadParameter(
            f"{value!r} is no speed; give a number from {SLOWEST:g} to {FASTEST:,.0f}, such as 2, or --no-wait."
        )
    return speed


def _idle_limit(ctx: click.Context, parameter: click.Parameter, value: str | None) -> float:
    if value is None:
        return math.inf
    seconds = _number(value)
    if not 0 < seconds < math.inf:
        raise click.BadParameter(f"{value!r} is no length of a pause; give seconds above 0, such as 2, or --no-wait.")
    return seconds


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan  # which is none of those that anything asks for


@click.command("replay")
@audits_argument
@click.option("--speed", metavar="N", default="1", show_default=True, callback=_speed, help="How many times as fast.")
@click.option("--idle-limit", metavar="S", callback=_idle_limit, help="Cut longer pauses to so many recorded seconds.")
@click.option("--no-wait", is_flag=True, help="Write everything at once.")
@point_option("--from", "begin", help="Begin with it; terminal and cast tell first what was known before.")
@point_option("--until", "end", help="End with it.")
@click.option("--only", "only", metavar="PHASE|TYPE", multiple=True, help="Only events of this phase or type.")
@click.option("--step", is_flag=True, help="Show one event per key press.")
@click.option("--follow", is_flag=True, help="Join a running audit, and end with it.")
@format_option(*FORMATS)
@output_options("Write to a file instead of stdout.")
@database_option
@verbose_option
def command(
    audits: Sequence[str],
    speed: float,
    idle_limit: float,
    no_wait: bool,
    begin: PointInTime | None,
    end: PointInTime | None,
    only: Sequence[str],
    step: bool,
    follow: bool,
    output: str,
    file: Path | None,
    force: bool,
    database: str | None,
) -> None:
    """Replay an audit at its recorded pace, or several side by side.

    Every event comes once, however many transports carried it.

    \b
    terminal     what was shown while the audit ran
    markers      the child's ##PROGRESS: lines, byte for byte
    queue        the same events into the queue that AUDIT_QUEUE_ADDRESS names
    client       the messages that a client was sent, as JSON lines
    jsonl        all that the events say, with the seconds since the request
    cloudevents  CloudEvents 1.0, as JSON lines
    cast         what a terminal showed, for asciinema
    otlp         traces for an OpenTelemetry collector
    har          the network requests, as an HTTP Archive

    The last three hold the times themselves and are written at once, as is whatever goes into a file.

    A MOMENT is what `veritas show --at` takes: an event's number, a phase, a percentage, a time. --only may be
    repeated; what is left out counts all the same in what is told of the rest. With --follow, what has been recorded
    already comes at once.

    On a terminal keys move it: space pauses, `.` shows the next event, `]` and `[` go to the next phase and back, the
    arrows five seconds and to another speed, Home and End to either end, and q quits.
    """
    from veritas.archive.liveness import follow as follow_run
    from veritas.archive.liveness import is_over
    from veritas.cli.lib.open_log import open_runs
    from veritas.replay.selection import EventFilter
    from veritas.replay.timeline import Schedule, merged, scheduled, timed, timeline

    chosen = FORMATS[output]
    if file is not None and chosen.kind is Kind.NO_OUTPUT:
        raise UsageError(f"The format {output!r} writes nothing that could go into a file; leave out -o.")
    interactive = output == "terminal" and file is None and not no_wait and _on_terminal()
    _refuse_contradictions(interactive, step=step, follow=follow, no_wait=no_wait, end=end, several=len(audits) > 1)
    _refuse_pace(chosen, file=file, no_wait=no_wait, speed=speed, idle_limit=idle_limit)
    with open_runs(database, audits) as (archive, runs):
        if chosen.single_run and len(runs) > 1:
            raise UsageError(f"In the format {output!r} nothing tells one run from another; name one audit.")
        if follow and is_over(archive, runs[0]):
            click.echo(f"Run {runs[0]!r} goes on no more; this is its recording.", err=True)
            follow = False
        parts = _run_parts(archive, runs, begin, end)
        begins = min(part.begin for part in parts.values())
        wanted = EventFilter(parts, only)
        if interactive:
            from veritas.cli.player.loop import play

            play(archive, parts, wanted, speed=speed, idle_limit=idle_limit, step=step, follow=follow)
            if follow:
                _tell_abandoned(archive, runs[0])
            _tell_unmet(wanted)
            return
        wait = not (no_wait or follow or file or chosen.kind is Kind.DOCUMENT)
        labels = _labels(runs) if len(runs) > 1 else {}
        events = merged(timeline(part.until_end(archive.events(run))) for run, part in parts.items())
        if follow:
            events = timeline(follow_run(archive, runs[0]))
        if wait:
            schedule = Schedule(begin=begins, idle_limit=idle_limit)
            events = timed(scheduled(events, schedule, wanted), speed=speed)
        context = Context(
            wire=archive.wire,
            warn=lambda said: click.echo(escape_control_characters(said), err=True),
            at_once=not (wait or follow),
            labels=labels,
            begin=begins,
            initial_states=[(part.begin, part.state) for part in parts.values() if part.state is not None],
            idle_limit=idle_limit,
        )
        with writing(file, force=force, flush=wait or follow, text=chosen.kind is Kind.LINES) as write:
            for piece in chosen.write_selected(events, context, wanted):
                write(piece)
        if follow:
            _tell_abandoned(archive, runs[0])
    _tell_unmet(wanted)


def _tell_unmet(wanted: EventFilter) -> None:
    """Say so where nothing was there to be replayed."""
    if wanted.unmatched or not wanted.matched:
        what = f" of {' or '.join(map(repr, wanted.unmatched))}" if wanted.unmatched else ""
        click.echo(escape_control_characters(f"There is no event{what} in what was to be replayed."), err=True)


def _refuse_contradictions(
    interactive: bool, *, step: bool, follow: bool, no_wait: bool, end: PointInTime | None, several: bool
) -> None:
    """Raise `UsageError` where one option takes back what another asks for."""
    if step and not interactive:
        raise UsageError(
            "--step needs a terminal that shows the events and reads the keys; "
            "leave it out, or leave out --no-wait, -o and --format, and write into no pipe."
        )
    if follow and no_wait:
        raise UsageError("--follow waits for what is to come and --no-wait for nothing; give one of them.")
    if follow and end:
        raise UsageError("--follow ends with the audit and --until before it; give one of them.")
    if follow and several:
        raise UsageError("--follow joins one audit; name the one, or leave out --follow to see several side by side.")


def _refuse_pace(chosen: Format, *, file: Path | None, no_wait: bool, speed: float, idle_limit: float) -> None:
    """Raise `UsageError` where a pace is asked for in what is written at once; a cast takes along the longest pause."""
    at_once = "-o" if file else "--no-wait" if no_wait else "--format" if chosen.kind is Kind.DOCUMENT else None
    kept = chosen is FORMATS["cast"]
    option = "--speed" if speed != 1 else "--idle-limit" if idle_limit < math.inf and not kept else None
    if at_once and option:
        raise UsageError(f"{option} has no effect with {at_once}, which writes everything at once; leave out one.")


def _run_parts(
    archive: Archive, runs: Sequence[str], begin: PointInTime | None, end: PointInTime | None
) -> dict[str, RunPart]:
    from veritas.replay.selection import RunPart, select_part

    if begin is None and end is None:
        return dict.fromkeys(runs, RunPart())
    return {run: select_part(archive.events(run), begin, end) for run in runs}


def _tell_abandoned(archive: Archive, run: str) -> None:
    from veritas.archive.liveness import is_orphaned

    if is_orphaned(archive, run):
        click.echo(f"Run {run!r} goes on no more, for the process that recorded it is gone.", err=True)


def _labels(runs: Sequence[str]) -> dict[str, str]:
    """Return the shortest names that tell the runs apart, all of one length at most."""
    short = {run: escape_control_characters(run[:13]) for run in runs}
    return short if len({*short.values()}) == len(runs) else {run: escape_control_characters(run) for run in runs}


def _on_terminal() -> bool:
    """Return whether there is a terminal whose keys can be read and whose screen can be painted, in any signs."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return False
    from rich.console import Console

    console = Console(file=sys.stdout)
    return not (console.is_dumb_terminal or console.options.ascii_only)
