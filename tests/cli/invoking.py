"""Run the command line in the test's process with its output in a pipe, or in another process."""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from veritas.cli import cli

Invoke = Callable[..., "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """A command's exit status and output."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Stdout as a JSON value."""
        return json.loads(self.stdout)

    @property
    def rows(self) -> list[dict[str, str]]:
        """Stdout as a tab-separated table with a heading."""
        heading, *lines = (line.split("\t") for line in self.stdout.splitlines())
        return [dict(zip(heading, line, strict=True)) for line in lines]


def invoke_in(database: Path | str, **environment: str) -> Invoke:
    """Return a function that runs the command line with *database* as VERITAS_DB, and with further variables."""
    variables = {"VERITAS_DB": str(database), **environment}

    def invoke(*arguments: str) -> Outcome:
        result = CliRunner().invoke(cli, arguments, env=variables, prog_name="veritas")
        return Outcome(result.exit_code, result.stdout, result.stderr)

    return invoke


# Everything is imported before the user changes: root's Python may be in a directory that no other user can enter.
_UNPRIVILEGED = """
import importlib, json, os, pkgutil, sys
import alembic.command, cryptography.hazmat.primitives.serialization, rich.console, rich.table, rich.text
for package in ("store", "veritas"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
from click.testing import CliRunner
from veritas.cli import cli
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for line in sys.stdin:
    arguments, environment = json.loads(line)
    result = CliRunner().invoke(cli, arguments, env=environment, prog_name="veritas")
    print(json.dumps([result.exit_code, result.stdout, result.stderr]), flush=True)
"""


def run_unprivileged(*arguments: str, readable: Iterable[Path] = ()) -> Outcome:
    """Run the command line as a user without root's rights, who may enter the directories *readable*."""
    for directory in readable:
        for parent in (directory, *directory.parents):
            if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o005:
                parent.chmod(parent.stat().st_mode | 0o055)
    process = _unprivileged()
    assert process.stdin is not None and process.stdout is not None
    print(json.dumps([arguments, dict(os.environ)]), file=process.stdin, flush=True)
    return Outcome(*json.loads(process.stdout.readline()))


@functools.cache
def _unprivileged() -> subprocess.Popen[str]:
    """Start the process in which such commands run: its imports take more than a second."""
    command = [sys.executable, "-c", _UNPRIVILEGED]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
    )
    atexit.register(process.communicate)  # the end of its standard input ends it
    return process


def run_process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `python -m veritas` with *arguments* to its end."""
    command = [sys.executable, "-m", "veritas", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False, **options)
