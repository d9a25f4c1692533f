"""The error handling of the command line: each error becomes one sentence on stderr and an exit status."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

import click

from veritas.cli.lib.exit_status import BROKEN_PIPE, BUG, ERROR, INTERRUPTED, YES
from veritas.errors import InvalidTargets, VeritasError
from veritas.formatting import escape_control_characters

if TYPE_CHECKING:
    from veritas.secrets import Secrets

_VERBOSE = "veritas.verbose"
_ARGUMENTS = "veritas.arguments"
_SECRETS = "veritas.secrets"
_REMEDIES = {
    errno.EACCES: "change its permissions, or give another",
    errno.EPERM: "change its permissions, or give another",
    errno.EROFS: "give one that can be written to",
    errno.ENOENT: "check the name",
    errno.ENOTDIR: "check the name",
    errno.EISDIR: "give a file",
    errno.ENOSPC: "free some space and try again",
    errno.EDQUOT: "free some space and try again",
    errno.EMFILE: "close some files, or raise the limit with `ulimit -n`",
    errno.ENAMETOOLONG: "give a shorter one",
}


class Failure(click.ClickException):
    """An error that is shown as its message."""

    exit_code = ERROR

    def __init__(self, message: str, secrets: Secrets, cause: BaseException | None = None) -> None:
        super().__init__(secrets.mask(message))
        self.details: list[str] = []
        self.traceback = secrets.mask("".join(traceback.format_exception(cause))) if cause is not None else ""

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message, after the traceback of its cause if that is to be shown."""
        for line in self.traceback.splitlines():
            click.echo(escape_control_characters(line), err=True)
        click.echo(f"Error: {escape_control_characters(self.message)}", err=True)
        for detail in self.details:
            click.echo(f"  {escape_control_characters(detail)}", err=True)


class Bug(Failure):
    """An unexpected error: a bug in VERITAS."""

    exit_code = BUG


class StdoutClosed(click.ClickException):
    """The reader closed stdout (broken pipe)."""

    exit_code = BROKEN_PIPE

    def __init__(self) -> None:
        super().__init__("The output was closed.")

    def show(self, file: IO[Any] | None = None) -> None:
        """Write nothing."""


def remember_arguments(ctx: click.Context, arguments: Sequence[str]) -> None:
    """Remember the command's arguments, which may have secrets."""
    ctx.meta[_ARGUMENTS] = tuple(arguments)


def secrets_of(ctx: click.Context | None) -> Secrets:
    """Return the secrets that the user gave to the command, which no error may repeat."""
    from veritas.secrets import Secrets  # imported only where there may be one, because it is slow

    secrets: Secrets | None = None if ctx is None else ctx.meta.get(_SECRETS)
    if secrets is None:
        secrets = Secrets()
        if ctx is not None:
            ctx.meta[_SECRETS] = secrets
            secrets.mask_command(ctx.meta.get(_ARGUMENTS, ()))  # which remembers them
    return secrets


def set_verbose(ctx: click.Context, verbose: bool) -> None:
    """Remember whether `-v` was given."""
    ctx.meta[_VERBOSE] = verbose


def is_verbose(ctx: click.Context | None = None) -> bool:
    """Return whether `-v` was given."""
    return bool((ctx or click.get_current_context()).meta.get(_VERBOSE))


@contextlib.contextmanager
def click_errors(ctx: click.Context) -> Iterator[None]:
    """Convert every exception in the block into one that Click knows."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        raise _click_error(error, secrets_of(ctx), verbose=is_verbose(ctx)) from error


def error_reporter(ctx: click.Context) -> Callable[[Exception], None]:
    """Return a function that shows an error as if it ended the command, which goes on; a repeated one is shown once."""
    secrets, verbose = secrets_of(ctx), is_verbose(ctx)
    last = ""

    def report(error: Exception) -> None:
        nonlocal last
        shown = _click_error(error, secrets, verbose=verbose)
        if shown.message != last:
            last = shown.message
            shown.show()

    return report


def run_command_line(command_line: Callable[[], object]) -> int:
    """Run *command_line*, show its error if it fails, and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # its encoding may lack characters of recorded text
            stream.reconfigure(errors="backslashreplace")
    try:
        result = command_line()
        return _flush(result if isinstance(result, int) else YES)
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return _flush(INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as help_:
        help_.show()
        return _flush(help_.exit_code)
    except click.UsageError as error:
        Failure(_usage_message(error), secrets_of(error.ctx)).show()
        return _flush(ERROR)
    except click.ClickException as failure:
        failure.show()
        return _flush(failure.exit_code)


def _flush(status: int) -> int:
    """Flush stdout; return *status*, or the status of the error if *status* is 0 and flushing fails."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        # Otherwise the interpreter would flush again at its end, and print a traceback.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not status:
            failure = _click_error(error, secrets_of(None), verbose=False)
            failure.show()
            return failure.exit_code
    return status


def _click_error(error: Exception, secrets: Secrets, *, verbose: bool) -> click.ClickException:
    if isinstance(error, BrokenPipeError):
        return StdoutClosed()
    cause = error if verbose else None
    if isinstance(error, _known_errors()):
        failure = Failure(str(error), secrets, cause)
        if isinstance(error, InvalidTargets):
            failure.details = [secrets.mask(detail) for detail in error.details]
        return failure
    if isinstance(error, OSError):
        return Failure(_system_message(error), secrets, cause)
    remedy = "please report it with this traceback" if verbose else "run it again with -v for the traceback"
    return Bug(f"This is a bug in VERITAS: {error!r}; {remedy}.", secrets, cause)


def _usage_message(error: click.UsageError) -> str:
    """Return the message of a usage error, with a reference to --help unless it names a remedy."""
    if isinstance(error, click.NoSuchOption) and error.option_name == "--json" and _formats(error.ctx) & {"json"}:
        return "No such option '--json'; write --format json."  # what Click suggests only looks alike
    message = error.format_message().strip().replace("\n", " ")
    if error.ctx is None or "; " in message or message.endswith("?"):
        return message
    return f"{message.rstrip('.')}; see `{error.ctx.command_path} --help`."


def _formats(ctx: click.Context | None) -> set[str]:
    """Return the values that the command's --format can have."""
    parameters = [] if ctx is None else ctx.command.params
    choices = (each.type for each in parameters if "--format" in each.opts)
    return {str(name) for each in choices if isinstance(each, click.Choice) for name in each.choices}


def _system_message(error: OSError) -> str:
    """Return what the operating system refused, for which file, and the remedy."""
    message = error.strerror or repr(error)
    if isinstance(error.filename, str | bytes | os.PathLike):
        message = f"{os.fspath(error.filename)!r} cannot be used: {message[:1].lower()}{message[1:]}"
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{message}; {remedy}." if remedy else f"{message}."


def _known_errors() -> tuple[type[Exception], ...]:
    from store.errors import StoreError  # imported only after an error, because it is slow

    return VeritasError, StoreError
