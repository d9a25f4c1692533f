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


def _parse_speed(ctx: click.Context, parameter: click.Parameter, value: str) -> float:
    speed = _number(value)
    if not SLOWEST <= speed <= FASTEST:
        raise click.BadParameter(
            f"{value!r} is not a number from {SLOWEST:g} to {FASTEST:,.0f}; give one, such as 2, or --no-wait."
        )
    return speed


def _parse_idle_limit(ctx: click.Context, parameter: click.Parameter, value: str | None) -> float:
    if value is None:
        return math.inf
    seconds = _number(value)
    if not 0 < seconds < math.inf:
        raise click.BadParameter(f"{value!r} is not a number of seconds above 0; give one, such as 2, or --no-wait.")
    return seconds


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan  # NaN fails every range check


@click.command("replay")
@audits_argument
@click.option(
    "--speed",
    metavar="N",
    default="1",
    show_default=True,
    callback=_parse_speed,
    help="The pace, as a multiple of the recorded one.",
)
@click.option(
    "--idle-limit", metavar="S", callback=_parse_idle_limit, help="Shorten longer pauses to S recorded seconds."
)
@click.option("--no-wait", is_flag=True, help="Write everything at once.")
@point_option("--from", "begin", help="Begin at this point; terminal and cast show the state before it first.")
@point_option("--until", "end", help="End at this point.")
@click.option("--only", "only", metavar="PHASE|TYPE", multiple=True, help="Only events of this phase or type.")
@click.option("--step", is_flag=True, help="Show one event per key press.")
@click.option("--follow", is_flag=True, help="Join a running audit, and end when it ends.")
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

    Every event is replayed once, even if several transports carried it.

    \b
    terminal     what was shown while the audit ran
    markers      the child's ##PROGRESS: lines, byte for byte
    queue        the same events, put into the queue given in AUDIT_QUEUE_ADDRESS
    client       the messages for a client, as JSON lines
    jsonl        all fields of the events, with the seconds since the request
    cloudevents  CloudEvents 1.0, as JSON lines
    cast         what a terminal showed, for asciinema
    otlp         traces for an OpenTelemetry collector
    har          the network requests, as an HTTP Archive

    The last three contain the times and are written at once, as is any format with -o.

    A POINT is a point in time, as for `veritas show --at`: an event's number, a phase, a percentage, a time. --only may
    be repeated; events that it excludes still count in the state that is shown. With --follow, events that are recorded
    already are shown at once.

    On a terminal, keys control the replay, and it pauses at the end: space pauses, q quits, and `?` shows all keys.
    """
    from veritas.archive.archive import archived_sentence
    from veritas.archive.liveness import follow as follow_run
    from veritas.archive.liveness import is_over
    from veritas.cli.lib.open_log import open_runs
    from veritas.replay.selection import EventFilter
    from veritas.replay.timeline import Schedule, merged, scheduled, timed, timeline

    format_ = FORMATS[output]
    if file is not None and format_.kind is Kind.NO_OUTPUT:
        raise UsageError(f"--format {output} writes nothing; leave out -o.")
    interactive = output == "terminal" and file is None and not no_wait and _on_terminal()
    _refuse_contradictions(interactive, step=step, follow=follow, no_wait=no_wait, end=end, several=len(audits) > 1)
    _refuse_pace(format_, file=file, no_wait=no_wait, speed=speed, idle_limit=idle_limit)
    with open_runs(database, audits) as (archive, runs):
        if format_.single_run and len(runs) > 1:
            raise UsageError(f"--format {output} takes a single audit; give one.")
        if follow and is_over(archive, runs[0]):
            click.echo(f"Run {runs[0]!r} has ended or was abandoned; this is its recording.", err=True)
            follow = False
        for run, archived in archive.archivals(runs).items():
            click.echo(escape_control_characters(archived_sentence(run, archived)), err=True)
        parts = _run_parts(archive, runs, begin, end)
        first = min(part.begin for part in parts.values())
        selected = EventFilter(parts, only)
        labels = _labels(runs) if len(runs) > 1 else {}
        if interactive:
            from veritas.cli.player.loop import play

            play(
                archive,
                parts,
                selected,
                labels=labels,
                speed=speed,
                idle_limit=idle_limit,
                step=step,
                follow=follow,
            )
            if follow:
                _report_abandoned(archive, runs[0])
            _report_no_match(selected)
            return
        wait = not (no_wait or follow or file or format_.kind is Kind.DOCUMENT)
        events = merged(timeline(part.until_end(archive.events(run))) for run, part in parts.items())
        if follow:
            events = timeline(follow_run(archive, runs[0]))
        if wait:
            schedule = Schedule(begin=first, idle_limit=idle_limit)
            events = timed(scheduled(events, schedule, selected), speed=speed)
        context = Context(
            wire=archive.wire,
            warn=lambda sentence: click.echo(escape_control_characters(sentence), err=True),
            at_once=not (wait or follow),
            labels=labels,
            begin=first,
            initial_states=[(part.begin, part.state) for part in parts.values() if part.state is not None],
            idle_limit=idle_limit,
        )
        with writing(file, force=force, flush=wait or follow, text=format_.kind is Kind.LINES) as write:
            for piece in format_.write_selected(events, context, selected):
                write(piece)
        if follow:
            _report_abandoned(archive, runs[0])
    _report_no_match(selected)


def _report_no_match(selected: EventFilter) -> None:
    """Report on stderr that no event was replayed, or that none matched an --only."""
    if selected.unmatched or not selected.matched:
        what = f" of {' or '.join(map(repr, selected.unmatched))}" if selected.unmatched else ""
        click.echo(escape_control_characters(f"There is no event{what} in the part to replay."), err=True)


def _refuse_contradictions(
    interactive: bool, *, step: bool, follow: bool, no_wait: bool, end: PointInTime | None, several: bool
) -> None:
    """Raise `UsageError` if two options contradict each other."""
    if step and not interactive:
        raise UsageError(
            "--step needs a terminal for its output and its keys; "
            "leave it out, or leave out --no-wait, -o, --format and the pipe."
        )
    if follow and no_wait:
        raise UsageError("--follow waits for further events and --no-wait waits for nothing; give one of them.")
    if follow and end:
        raise UsageError("--follow ends with the audit and --until before it; give one of them.")
    if follow and several:
        raise UsageError("--follow takes a single audit; give one, or leave out --follow to see several side by side.")


def _refuse_pace(format_: Format, *, file: Path | None, no_wait: bool, speed: float, idle_limit: float) -> None:
    """Raise `UsageError` if an option for the pace is given with one that writes everything at once.

    A cast has times of its own, in which --idle-limit does have an effect.
    """
    at_once = "-o" if file else "--no-wait" if no_wait else "--format" if format_.kind is Kind.DOCUMENT else None
    is_cast = format_ is FORMATS["cast"]
    option = "--speed" if speed != 1 else "--idle-limit" if idle_limit < math.inf and not is_cast else None
    if at_once and option:
        raise UsageError(f"{option} has no effect with {at_once}, which writes everything at once; give one of them.")


def _run_parts(
    archive: Archive, runs: Sequence[str], begin: PointInTime | None, end: PointInTime | None
) -> dict[str, RunPart]:
    from veritas.replay.selection import RunPart, select_part

    if begin is None and end is None:
        return dict.fromkeys(runs, RunPart())
    return {run: select_part(archive.events(run), begin, end) for run in runs}


def _report_abandoned(archive: Archive, run: str) -> None:
    from veritas.archive.liveness import is_orphaned

    if is_orphaned(archive, run):
        click.echo(f"Run {run!r} was abandoned: the process recording it has exited.", err=True)


def _labels(runs: Sequence[str]) -> dict[str, str]:
    """Return a label for each run: the beginnings of their ids if those are distinct, else their ids."""
    short = {run: escape_control_characters(run[:13]) for run in runs}
    return short if len({*short.values()}) == len(runs) else {run: escape_control_characters(run) for run in runs}


def _on_terminal() -> bool:
    """Return whether there is a terminal that reads keys and paints the screen in Unicode."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return False
    from rich.console import Console

    console = Console(file=sys.stdout)
    return not (console.is_dumb_terminal or console.options.ascii_only)
