"""Run commands in this process, as many as one likes, in constant memory.

Click's own `CliRunner` gives each command new streams, and Click keeps the stderr of each command that wrote to it
(`click._compat._default_text_stderr`: the cached value refers to its own weak key). Two streams serve all here.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from veritas.cli import cli


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str


class InProcess:
    """Runs commands one after another; stdin is empty."""

    def __init__(self) -> None:
        self._stdout, self._stderr = _stream(), _stream()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Result:
        """Run `veritas` with these arguments and with *environment* added to the environment's variables.

        An exception that the command line does not catch is raised.
        """
        exit_code = 0
        with (
            patch.dict(os.environ, environment),
            patch("sys.stdin", io.StringIO()),
            redirect_stdout(self._stdout),
            redirect_stderr(self._stderr),
        ):
            try:
                cli.main(list(arguments), prog_name="veritas")
            except SystemExit as ended:
                exit_code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        return Result(exit_code, _taken(self._stdout), _taken(self._stderr))


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")


def _taken(stream: io.TextIOWrapper) -> str:
    """Return what was written to the stream, and empty it."""
    stream.seek(0)
    text = stream.read()
    stream.seek(0)
    stream.truncate()
    return text
