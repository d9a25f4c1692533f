"""Running the command line within the test's process, as a pipe would see it, and in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from veritas.cli import cli

Invoke = Callable[..., "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """What a command said, and its exit status."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Stdout, read as JSON."""
        return json.loads(self.stdout)

    @property
    def rows(self) -> list[dict[str, str]]:
        """Stdout, read as a tab-separated table with a heading."""
        heading, *lines = (line.split("\t") for line in self.stdout.splitlines())
        return [dict(zip(heading, line, strict=True)) for line in lines]


def invoke_in(database: Path) -> Invoke:
    """Return a function that runs the command line with *database* as VERITAS_DB."""

    def invoke(*arguments: str) -> Outcome:
        result = CliRunner().invoke(cli, arguments, env={"VERITAS_DB": str(database)}, prog_name="veritas")
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return invoke


def run_process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `python -m veritas` with *arguments* to its end."""
    command = [sys.executable, "-m", "veritas", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False, **options)
