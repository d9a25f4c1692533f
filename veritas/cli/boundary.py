"""Where errors end: each becomes one sentence on stderr and an exit status.

0 yes    1 the answer is no    2 usage, or it cannot be done    3 a bug    130 interrupted    141 the reader left
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import IO, Any

import click

from veritas.errors import VeritasError
from veritas.wording import harmless

CANNOT, BUG, INTERRUPTED, READER_LEFT = 2, 3, 130, 141

_VERBOSE = "veritas.verbose"


class Failure(click.ClickException):
    """It cannot be done, and the message says why."""

    exit_code = CANNOT

    def __init__(self, message: str, cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.cause = cause

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message, after the traceback of *cause* where there is one to show."""
        if self.cause is not None:
            for line in "".join(traceback.format_exception(self.cause)).splitlines():
                click.echo(harmless(line), err=True)
        click.echo(f"Error: {harmless(self.message)}", err=True)


class Bug(Failure):
    """Something failed that nobody foresaw."""

    exit_code = BUG


class ReaderLeft(click.ClickException):
    """Whoever read our output has gone: nobody is left to be told."""

    exit_code = READER_LEFT

    def __init__(self) -> None:
        super().__init__("The output was closed.")

    def show(self, file: IO[Any] | None = None) -> None:
        """Say nothing."""


def set_verbose(ctx: click.Context, verbose: bool) -> None:
    """Remember that `-v` was given."""
    ctx.meta[_VERBOSE] = verbose


def is_verbose(ctx: click.Context | None = None) -> bool:
    """Return whether `-v` was given."""
    return bool((ctx or click.get_current_context()).meta.get(_VERBOSE))


@contextlib.contextmanager
def guard(ctx: click.Context) -> Iterator[None]:
    """Turn whatever is raised within into what `run` can show."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        raise _failure(error, verbose=is_verbose(ctx)) from error


def run(command_line: Callable[[], object]) -> int:
    """Run *command_line* and return the exit status, having shown what went wrong."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whose encoding may lack signs that recorded text has
            stream.reconfigure(errors="backslashreplace")
    try:
        result = command_line()
        return _flush(result if isinstance(result, int) else 0)
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return _flush(INTERRUPTED)
    except click.ClickException as failure:
        failure.show()
        return _flush(failure.exit_code)


def _flush(status: int) -> int:
    """Write out what is buffered for stdout; return *status*, or another where that was to be 0 and cannot be done."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        # The interpreter would try again at its end, and complain.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not status:
            failure = _failure(error, verbose=False)
            failure.show()
            return failure.exit_code
    return status


def _failure(error: Exception, *, verbose: bool) -> click.ClickException:
    if isinstance(error, BrokenPipeError):
        return ReaderLeft()
    cause = error if verbose else None
    if isinstance(error, _known_errors()):
        return Failure(str(error), cause)
    if isinstance(error, OSError):
        of_what = f" ({os.fspath(error.filename)!r})" if isinstance(error.filename, str | bytes | os.PathLike) else ""
        return Failure(f"{error.strerror or repr(error)}{of_what}.", cause)
    remedy = "this traceback is what a report of it needs" if verbose else "run it again with -v for the traceback"
    return Bug(f"This is a bug in VERITAS: {error!r}; {remedy}.", cause)


def _known_errors() -> tuple[type[Exception], ...]:
    from store.errors import StoreError  # only what went wrong may cost the import

    return VeritasError, StoreError
