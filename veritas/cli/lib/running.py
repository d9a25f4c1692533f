"""Running an audit from the command line: the live display meanwhile, the verdict after it, the exit status."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from veritas.archive.archive import Archive
from veritas.cli.lib.errors import is_verbose
from veritas.cli.lib.live import LiveDisplay
from veritas.cli.lib.output import print_json
from veritas.cli.lib.verdict import print_verdict
from veritas.core.rollout import Decision
from veritas.events.json import encode_json
from veritas.files import atomic_file
from veritas.formatting import count, escape_control_characters
from veritas.projections.audit_state import AuditState
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.run import RunOutcome

if TYPE_CHECKING:
    from veritas.recording.rerun import Rerun

YES, NO, INTERRUPTED = 0, 1, 130


def run_and_show(
    make: Callable[..., AuditRunner],
    archive: Archive,
    *,
    decision: Decision,
    rerun: bool,
    as_json: bool = False,
    file: Path | None = None,
    force: bool = False,
) -> int:
    """Run an audit, show it live and then as it was recorded; return the exit status.

    Args:
        make: Makes its runner, given `decision` and whatever else a runner is to be made with.
        archive: Where it is recorded.
        decision: The mode.
        rerun: Whether it is to be run several times instead, over either transport, and the runs compared.
        as_json: Whether its state is to be written as JSON.
        file: A file to make with that.
        force: Whether it may be replaced.

    Raises:
        UsageError: The file is there already, or cannot be there.
    """
    with _writing(file, force=force) as write:
        display = LiveDisplay(everything=is_verbose())
        runner = _rerun(make, archive, display.say) if rerun else make(decision=decision)
        try:
            outcome = run_live(runner, display)
        except KeyboardInterrupt:
            write(show_outcome(archive, runner.run_id, as_json=as_json).as_dict())
            click.echo("Interrupted; what was received up to then is in the log.", err=True)
            return INTERRUPTED
        state = show_outcome(archive, outcome.run_id, as_json=as_json)
        write(state.as_dict())
    return status_of(outcome)


def run_live(runner: AuditRunner | Rerun, display: LiveDisplay) -> RunOutcome:
    """Run *runner* under a live display.

    Raises:
        KeyboardInterrupt: It was interrupted or asked to end; the run has ended in the log.
    """
    with display:
        return asyncio.run(_until_terminated(runner, display.show))


def show_outcome(archive: Archive, run_id: str, *, as_json: bool = False) -> AuditState:
    """Write a run's state as it stands in the log, and return it."""
    state = AuditState.of(archive.events(run_id))
    if as_json:
        print_json(state.as_dict())
    else:
        print_verdict(state)
    return state


def status_of(outcome: RunOutcome) -> int:
    """Return the exit status of a run, having said what is wrong with it."""
    if outcome.error is not None:
        click.echo(escape_control_characters(f"Error: {outcome.error}"), err=True)
    made = outcome.comparison
    if made is not None and not made.equal:
        wrong = made.error or f"The queue and stdout differ in {count(made.differences, 'place')}."
        click.echo(escape_control_characters(f"Error: {wrong}"), err=True)
    return YES if outcome.ok else NO


def _rerun(make: Callable[..., AuditRunner], archive: Archive, say: Callable[[str], None]) -> Rerun:
    from veritas.recording.rerun import Rerun

    return Rerun(lambda decision, conclude: make(decision=decision, conclude=conclude), archive=archive, starting=say)


async def _until_terminated(runner: AuditRunner | Rerun, send: Callable[[dict[str, Any]], None]) -> RunOutcome:
    """Run *runner*; being asked to terminate, or losing the terminal, counts as an interrupt."""
    task = asyncio.current_task()
    assert task is not None  # this is a coroutine of one
    asked: list[str] = []

    def stop(name: str) -> None:
        asked.append(name)
        if len(asked) == 1:  # once more, however impatient, would keep the end out of the log
            task.cancel()

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with contextlib.suppress(NotImplementedError, AttributeError):  # Windows has no such handlers, nor SIGHUP
            asyncio.get_running_loop().add_signal_handler(getattr(signal, name), stop, name)
    try:
        return await runner.run(send)
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@contextlib.contextmanager
def _writing(path: Path | None, *, force: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Make *path* before the work begins, so that a file that cannot be written costs no audit."""
    if path is None:
        yield lambda state: None
        return
    with atomic_file(path, force=force) as file:

        def write(state: dict[str, Any]) -> None:
            file.write(msgspec.json.format(encode_json(state), indent=2) + b"\n")

        yield write
