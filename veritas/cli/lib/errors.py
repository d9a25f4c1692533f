"""Where errors end: each becomes one sentence on stderr and an exit status.

0 yes    1 the answer is no    2 usage, or it cannot be done    3 a bug    130 interrupted    141 the reader left
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import IO, Any

import click

from veritas.errors import VeritasError
from veritas.formatting import escape_control_characters

CANNOT, BUG, INTERRUPTED, READER_LEFT = 2, 3, 130, 141

_VERBOSE = "veritas.verbose"
_REMEDIES = {
    errno.EACCES: "change its permissions, or name another",
    errno.EPERM: "change its permissions, or name another",
    errno.EROFS: "name one that can be written to",
    errno.ENOENT: "check the name",
    errno.ENOTDIR: "check the name",
    errno.EISDIR: "name a file",
    errno.ENOSPC: "free some and try again",
    errno.EDQUOT: "free some space and try again",
    errno.EMFILE: "close some files, or raise the limit with `ulimit -n`",
    errno.ENAMETOOLONG: "name another",
}


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
                click.echo(escape_control_characters(line), err=True)
        click.echo(f"Error: {escape_control_characters(self.message)}", err=True)


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
    except click.exceptions.NoArgsIsHelpError as help_:
        help_.show()
        return _flush(help_.exit_code)
    except click.UsageError as error:
        Failure(_usage_sentence(error)).show()
        return _flush(CANNOT)
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
        return Failure(_system_sentence(error), cause)
    remedy = "this traceback is what a report of it needs" if verbose else "run it again with -v for the traceback"
    return Bug(f"This is a bug in VERITAS: {error!r}; {remedy}.", cause)


def _usage_sentence(error: click.UsageError) -> str:
    """Return what is wrong with a request, and what to do: as the message says, or else where that can be read up."""
    message = error.format_message().strip().replace("\n", " ")
    if error.ctx is None or "; " in message or message.endswith("?"):
        return message
    return f"{message.rstrip('.')}; see `{error.ctx.command_path} --help`."


def _system_sentence(error: OSError) -> str:
    """Return what the system refused, of which file, and what to do about it."""
    said = error.strerror or repr(error)
    if isinstance(error.filename, str | bytes | os.PathLike):
        said = f"{os.fspath(error.filename)!r} cannot be used: {said[:1].lower()}{said[1:]}"
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{said}; {remedy}." if remedy else f"{said}."


def _known_errors() -> tuple[type[Exception], ...]:
    from store.errors import StoreError  # only what went wrong may cost the import

    return VeritasError, StoreError
