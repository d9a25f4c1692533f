"""`veritas replay AUDIT`"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from veritas.cli.options import audit_argument, database_option, format_option, verbose_option

if TYPE_CHECKING:
    from veritas.core.recorded import RecordedEvent

_SLOWEST, _FASTEST = 0.001, 1_000_000


def _speed(ctx: click.Context, parameter: click.Parameter, value: float) -> float:
    if not _SLOWEST <= value <= _FASTEST:
        raise click.BadParameter(
            f"{value!r} is no speed; give a number from {_SLOWEST} to {_FASTEST:,}, such as 2, or --no-wait."
        )
    return value


@click.command("replay")
@audit_argument()
@click.option("--speed", type=float, default=1.0, show_default=True, callback=_speed, help="How many times as fast.")
@click.option("--no-wait", is_flag=True, help="Write everything at once.")
@format_option("terminal", "jsonl")
@database_option
@verbose_option
def command(audit: str, speed: float, no_wait: bool, output: str, database: str | None) -> None:
    """Replay an audit at its recorded pace.

    Every event comes once, however many transports carried it. The terminal format is what was shown while the audit
    ran; jsonl has all that the events say, with the seconds since the request as `offset`.
    """
    from veritas.cli.archive import open_run
    from veritas.cli.json_output import harmless_line, write_bytes
    from veritas.replay import as_jsonl, timed

    with open_run(database, audit) as (archive, run_id):
        events = timed(archive.events(run_id), speed=speed, wait=not no_wait)
        if output == "jsonl":
            for line in as_jsonl(events):
                write_bytes(harmless_line(line[:-1]) + b"\n", flush=not no_wait)
        else:
            _show(events)


def _show(events: Iterable[tuple[float, RecordedEvent]]) -> None:
    from veritas.cli.live import plain_line
    from veritas.cli.sentences import tell_recorder
    from veritas.projections.client import ClientMessages
    from veritas.wording import harmless

    client = ClientMessages()
    for offset, recorded in events:
        lines = [plain_line(message) for message in client.fold(recorded)]
        if recorded.source == "recorder" and not lines:
            said, event = recorded.from_recorder, recorded.event
            lines = [harmless(f"       {event.type}: {tell_recorder(said) if said else event.detail}")]
        for line in lines:
            click.echo(f"{offset:9.3f} {line}")
