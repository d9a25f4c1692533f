"""The time of short commands, each as a whole process, on a small log.

`python -m tests.benchmarks startup [--json] [--repetitions N] [--only FIGURES] [--first]`

The time is from the start of the process to its end, with all modules compiled before. Each command is measured in turn
with a Python that only imports Click, which no command can do without.

* `python`: a Python that does nothing, beside the one that imports Click.
* `reading`: `veritas list`, `show` and `events`.
* `others`: `veritas --help`, `audit --help` and `verify`, and an audit's child process that has no audit to do.
* `first`: `veritas list` at its first start, which compiles the modules: `--first`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks._figure import Figure, compare, in_turn, measure
from tests.cli.logs import TEE, write_all

ROOT = Path(__file__).parents[2]
CLICK = ("-c", "import click")
BASELINE = "python -c 'import click'"
VERITAS = ("-P", "-m", "veritas")
CHILD = ("-P", "-m", "veritas.recording.child", "--ipc", "stdout")
NO_AUDIT = 130  # the exit status of a child whose standard input ended before the audit
LIMIT = "<= 0.25"  # seconds

Run = Callable[..., float]


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    return measure(
        argv,
        name="startup",
        doc=__doc__,
        measures={"python": python, "reading": reading, "others": others, "first": first},
        repetitions=15,
        optional=("first", "--first", "measure the first start too, which compiles the modules"),
    )


def python(repetitions: int) -> Iterator[Figure]:
    """Measure a Python that does nothing."""
    with environment() as run:
        yield from figures(run, repetitions, {"python -c pass": ("-c", "pass")}, limit=None)


def reading(repetitions: int) -> Iterator[Figure]:
    """Measure the commands that read a small log."""
    commands = {"veritas list": ("list",), "veritas show": ("show", TEE), "veritas events": ("events", TEE)}
    with environment() as run:
        yield from figures(run, repetitions, {name: (*VERITAS, *rest) for name, rest in commands.items()}, limit=LIMIT)


def others(repetitions: int) -> Iterator[Figure]:
    """Measure other commands, and the child process of an audit."""
    commands = {
        "veritas --help": ("--help",),
        "veritas audit --help": ("audit", "--help"),
        "veritas verify": ("verify",),
    }
    programs = {name: (*VERITAS, *rest) for name, rest in commands.items()} | {"the child of an audit": CHILD}
    with environment() as run:
        yield from figures(run, repetitions, programs, limit=None)


def first(repetitions: int) -> Iterator[Figure]:
    """Measure a first start."""
    seconds = []
    for _ in range(min(repetitions, 3)):
        with environment() as run:
            seconds.append(run(*VERITAS, "list"))
    yield Figure("veritas list, first start", min(seconds), "s")


def figures(run: Run, repetitions: int, programs: dict[str, tuple[str, ...]], *, limit: str | None) -> Iterator[Figure]:
    """Measure programs in turn, and yield the seconds of each, and their ratio to those of the import of Click."""

    def seconds(arguments: tuple[str, ...]) -> Callable[[], float]:
        return lambda: run(*arguments)

    for arguments in (CLICK, *programs.values()):
        run(*arguments)  # compiles the modules
    turns = in_turn(repetitions, {name: seconds(rest) for name, rest in {BASELINE: CLICK, **programs}.items()})
    for name in programs:
        figure = compare(name, "s", turns, name, BASELINE, BASELINE, None)
        yield figure
        if limit is not None:
            yield Figure("  seconds", figure.value, "s", target=limit)


@contextmanager
def environment() -> Iterator[Run]:
    """Yield a function that runs Python with a small log and a directory for compiled modules, both new."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory, "log.db")
        write_all(log)
        variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        variables |= {"VERITAS_DB": str(log), "HOME": directory, "PYTHONPYCACHEPREFIX": directory}

        def run(*arguments: str) -> float:
            program = (sys.executable, *arguments)
            start = time.perf_counter()
            done = subprocess.run(program, cwd=ROOT, env=variables, stdin=subprocess.DEVNULL, capture_output=True)
            seconds = time.perf_counter() - start
            assert done.returncode == (NO_AUDIT if arguments == CHILD else 0), done.stderr.decode()
            return seconds

        yield run
