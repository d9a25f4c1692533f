"""A command's data: written to stdout, or into a file that is written whole or not at all."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from veritas.cli.lib.options import OutputFile
from veritas.events.json import encode_json, json_document, json_line, terminal_safe_json
from veritas.files import atomic_file
from veritas.formatting import escape_json_control_characters

F = TypeVar("F", bound=Callable[..., Any])


def output_options(help: str) -> Callable[[F], F]:
    """Add `-o` and `--force`; the command receives `file` (None for stdout) and `force`."""

    def decorate(command: F) -> F:
        command = click.option("--force", is_flag=True, help="Replace the file if it exists.")(command)
        return click.option("-o", "--output", "file", type=OutputFile(), metavar="FILE", help=help)(command)

    return decorate


@contextlib.contextmanager
def writing(
    file: Path | None, *, force: bool, flush: bool = False, text: bool = False
) -> Iterator[Callable[[bytes], object]]:
    """Give a function that writes data; if stdout is a terminal, control characters are escaped.

    Args:
        file: The file to write; None for stdout.
        force: Whether an existing file may be replaced.
        flush: Whether each piece is flushed to stdout at once.
        text: Whether the data is text for people, in UTF-8, which stdout shows in its own encoding.

    Raises:
        UsageError: The file exists, or cannot be created.
    """
    if file is not None:
        with atomic_file(file, force=force) as opened:
            yield opened.write
    elif text:
        yield lambda data: _write_text(data.decode("utf-8"), flush=flush)
    elif sys.stdout is not None and sys.stdout.isatty():
        yield lambda data: write_bytes(
            escape_json_control_characters(data.decode("utf-8", "backslashreplace")).encode(), flush=flush
        )
    else:
        yield lambda data: write_bytes(data, flush=flush)


@contextlib.contextmanager
def printing(file: Path | None, *, force: bool) -> Iterator[None]:
    """Send what is printed in the block to stdout or, formatted as for a pipe, into a file.

    Args:
        file: The file to write; None for stdout.
        force: Whether an existing file may be replaced.

    Raises:
        UsageError: The file exists, or cannot be created.
    """
    if file is None:
        yield
        return
    with atomic_file(file, force=force) as opened:
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            yield
        opened.write(text.getvalue().encode("utf-8"))


def print_json(value: Mapping[str, Any]) -> None:
    """Write one object, indented."""
    write_bytes(json_document(value))


def print_json_array(values: Iterable[Mapping[str, Any]], *, flush: bool = False) -> None:
    """Write an array of objects as they come, one a line; it is closed even if *values* raises."""
    opening, closing = b"[", b"[]\n"
    try:
        for value in values:
            write_bytes(opening + b"\n  " + terminal_safe_json(encode_json(value)), flush=flush)
            opening, closing = b",", b"\n]\n"
    finally:
        write_bytes(closing)


def print_json_lines(values: Iterable[Mapping[str, Any]], *, flush: bool = False) -> None:
    """Write objects as they come, one a line."""
    for value in values:
        write_bytes(json_line(value), flush=flush)


def write_bytes(text: bytes, *, flush: bool = False) -> None:
    """Write to stdout: bytes, because recorded text may lack characters of the terminal's encoding."""
    if sys.stdout is None:  # started with stdout closed
        return
    sys.stdout.buffer.write(text)
    if flush:
        sys.stdout.buffer.flush()


def _write_text(text: str, *, flush: bool) -> None:
    """Write text to stdout; `click.echo` would flush each line, which slows down a long replay that does not wait."""
    if sys.stdout is None:  # started with stdout closed
        return
    sys.stdout.write(text)
    if flush:
        sys.stdout.flush()
