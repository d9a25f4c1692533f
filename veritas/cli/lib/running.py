"""Run an audit from the command line: the live display, then the verdict and the exit status."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from veritas.archive.archive import Archive
from veritas.channels.messages import QUEUE
from veritas.cli.lib.errors import is_verbose
from veritas.cli.lib.exit_status import INTERRUPTED, NO, YES
from veritas.cli.lib.live import LiveDisplay
from veritas.cli.lib.output import print_json
from veritas.cli.lib.verdict import print_verdict
from veritas.core.mode_decision import Decision
from veritas.events.json import json_document
from veritas.files import atomic_file
from veritas.formatting import count, escape_control_characters
from veritas.projections.audit_state import AuditState
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.log_retry import LogRetry
from veritas.recording.run import RunOutcome

if TYPE_CHECKING:
    from veritas.recording.rerun import Rerun

T = TypeVar("T")


def run_and_show(
    make: Callable[..., AuditRunner],
    archive: Archive,
    *,
    decision: Decision,
    rerun: bool,
    database_timeout: float,
    as_json: bool = False,
    file: Path | None = None,
    force: bool = False,
) -> int:
    """Run an audit, show it live and then as it was recorded; return the exit status.

    Args:
        make: Makes a runner; takes `decision` and `retry`, and for a rerun also `conclude`.
        archive: The log that records it.
        decision: The mode.
        rerun: Whether to do several runs, over stdout and over the queue, and compare them.
        database_timeout: The seconds for which to wait for a log that is not available.
        as_json: Whether to write its state to stdout as JSON.
        file: A file to write its state to as JSON; None for none.
        force: Whether an existing file may be replaced.

    Raises:
        UsageError: The file exists, or cannot be created.
    """
    with state_file(file, force=force) as write:
        display = LiveDisplay(everything=is_verbose())
        make = partial(make, retry=LogRetry(database_timeout, report=display.show_line))
        runner = _rerun(make, archive, display.show_line) if rerun else make(decision=decision)
        try:
            outcome = run_live(runner, display)
        except KeyboardInterrupt:
            write(show_outcome(archive, runner.run_id, as_json=as_json).as_dict())
            click.echo("Interrupted; everything received before is in the log.", err=True)
            return INTERRUPTED
        state = show_outcome(archive, outcome.run_id, as_json=as_json)
        write(state.as_dict())
    if state.request is not None and state.request.origin == "record":
        _remark_on_events(state)
    return status_of(outcome)


def _remark_on_events(state: AuditState) -> None:
    """Write to stderr that a program emitted no event, or none over the queue although that was asked for."""
    decision = state.decision
    if not state.emitted:
        click.echo("The program emitted no event; an event is a line with ##PROGRESS: and a JSON object.", err=True)
    elif decision is None or (decision.mode, decision.origin == "record") != (QUEUE, False) or state.fallbacks:
        return  # the queue was not asked for, or the run has the reason already
    elif QUEUE not in state.observations:
        asked = escape_control_characters(decision.origin)
        remedy = "the program has to put them into that of AUDIT_QUEUE_ADDRESS and AUDIT_QUEUE_KEY"
        click.echo(f"Warning: No event came over the queue, which {asked} selected; {remedy}.", err=True)


def run_live(runner: AuditRunner | Rerun, display: LiveDisplay) -> RunOutcome:
    """Run *runner* under a live display.

    Raises:
        KeyboardInterrupt: It was interrupted or terminated; the run has ended in the log.
    """
    with display:
        return asyncio.run(until_terminated(runner.run(display.show)))


def show_outcome(archive: Archive, run_id: str, *, as_json: bool = False) -> AuditState:
    """Write a run's state from the log to stdout, and return it."""
    state = AuditState.of(archive.events(run_id))
    if as_json:
        print_json(state.as_dict())
    else:
        print_verdict(state)
    return state


def status_of(outcome: RunOutcome) -> int:
    """Return the exit status of a run, after writing what is wrong with it to stderr."""
    if outcome.error is not None:
        click.echo(escape_control_characters(f"Error: {outcome.error}"), err=True)
    if outcome.unsigned is not None:
        warning = f"Warning: No checkpoint was signed over this run: {outcome.unsigned}"
        click.echo(escape_control_characters(warning), err=True)
    comparison = outcome.comparison
    if comparison is not None and not comparison.equal:
        error = comparison.error or f"The queue and stdout differ in {count(comparison.differences, 'place')}."
        click.echo(escape_control_characters(f"Error: {error}"), err=True)
    return YES if outcome.ok else NO


def _rerun(make: Callable[..., AuditRunner], archive: Archive, show_line: Callable[[str], None]) -> Rerun:
    from veritas.recording.rerun import Rerun

    return Rerun(
        lambda decision, conclude: make(decision=decision, conclude=conclude), archive=archive, starting=show_line
    )


async def until_terminated(work: Coroutine[Any, Any, T]) -> T:
    """Do *work*; SIGTERM and SIGHUP interrupt it as SIGINT does.

    A signal that is ignored at the start remains ignored, as `nohup` needs it.

    Raises:
        KeyboardInterrupt: It was interrupted.
    """
    task = asyncio.current_task()
    assert task is not None  # a coroutine runs in a task
    received: list[str] = []

    def stop(name: str) -> None:
        received.append(name)
        if len(received) == 1:  # a second cancellation would keep the run's end out of the log
            task.cancel()

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with contextlib.suppress(NotImplementedError, AttributeError):  # Windows has no such handlers and no SIGHUP
            number = getattr(signal, name)
            if signal.getsignal(number) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, stop, name)
    try:
        return await work
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@contextlib.contextmanager
def state_file(path: Path | None, *, force: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Open *path* before the audit begins, so that no audit is lost because the file cannot be written."""
    if path is None:
        yield lambda state: None
        return
    with atomic_file(path, force=force) as file:

        def write(state: dict[str, Any]) -> None:
            file.write(json_document(state))

        yield write
