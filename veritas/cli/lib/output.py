"""Where a command's data goes: to stdout, or into a file that is there whole or not at all."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from veritas.cli.lib.options import OutputFile
from veritas.events.json import encode_json, json_line, terminal_safe_json

F = TypeVar("F", bound=Callable[..., Any])


def output_options(help: str) -> Callable[[F], F]:
    """Add `-o` and `--force`; the command is given `file`, which is None where it is not given, and `force`."""

    def decorate(command: F) -> F:
        command = click.option("--force", is_flag=True, help="Replace the file if it is there.")(command)
        return click.option("-o", "--output", "file", type=OutputFile(), metavar="FILE", help=help)(command)

    return decorate


@contextlib.contextmanager
def writing(
    file: Path | None, *, force: bool, flush: bool = False, text: bool = False
) -> Iterator[Callable[[bytes], object]]:
    """Give what writes data; what could act on a terminal is escaped where stdout is one.

    Args:
        file: The file to make; None for stdout.
        force: Whether it may be replaced.
        flush: Whether every piece is to be seen on stdout at once.
        text: Whether it is text for people, in UTF-8, which stdout shows in an encoding of its own.

    Raises:
        UsageError: The file is there already, or cannot be there.
    """
    from veritas.cli.lib.output import write_bytes
    from veritas.files import atomic_file
    from veritas.formatting import escape_json_control_characters

    if file is None and text:
        yield lambda data: _write_text(data.decode("utf-8"), flush=flush)
        return
    if file is None and sys.stdout is not None and sys.stdout.isatty():
        yield lambda data: write_bytes(
            escape_json_control_characters(data.decode("utf-8", "backslashreplace")).encode(), flush=flush
        )
        return
    if file is None:
        yield lambda data: write_bytes(data, flush=flush)
        return
    with atomic_file(file, force=force) as made:
        yield made.write


@contextlib.contextmanager
def printing(file: Path | None, *, force: bool) -> Iterator[None]:
    """Let what is printed within go to stdout or, as into a pipe, into a file.

    Args:
        file: The file to make; None for stdout.
        force: Whether it may be replaced.

    Raises:
        UsageError: The file is there already, or cannot be there.
    """
    from veritas.files import atomic_file

    if file is None:
        yield
        return
    with atomic_file(file, force=force) as made:
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            yield
        made.write(text.getvalue().encode("utf-8"))


def _write_text(text: str, *, flush: bool) -> None:
    """Write to stdout; `click.echo` would flush each line, which a long replay that does not wait can do without."""
    if sys.stdout is None:  # started with stdout closed
        return
    sys.stdout.write(text)
    if flush:
        sys.stdout.flush()


def print_json(value: Mapping[str, Any]) -> None:
    """Write one object, indented."""
    write_bytes(json_document(value))


def json_document(value: Mapping[str, Any]) -> bytes:
    """Return one object, indented, as it is written."""
    return terminal_safe_json(msgspec.json.format(encode_json(value), indent=2)) + b"\n"


def print_json_array(values: Iterable[Mapping[str, Any]], *, flush: bool = False) -> None:
    """Write an array of objects, one a line, as they come; it is whole whatever ends it."""
    opening, closing = b"[", b"[]\n"
    try:
        for value in values:
            write_bytes(opening + b"\n  " + terminal_safe_json(encode_json(value)), flush=flush)
            opening, closing = b",", b"\n]\n"
    finally:
        write_bytes(closing)


def print_json_lines(values: Iterable[Mapping[str, Any]], *, flush: bool = False) -> None:
    """Write one object a line, as they come."""
    for value in values:
        write_bytes(json_line(value), flush=flush)


def write_bytes(text: bytes, *, flush: bool = False) -> None:
    """Write to stdout; bytes, because what is recorded need not be text in the terminal's encoding."""
    if sys.stdout is None:  # started with stdout closed
        return
    sys.stdout.buffer.write(text)
    if flush:
        sys.stdout.buffer.flush()
