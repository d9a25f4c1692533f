"""Commits per second of many recorders on one PostgreSQL server, with this code and with that of another checkout.

`python -m tests.benchmarks postgresql [--json] [--before DIRECTORY] [--floor] [--repetitions N]
[--flush MICROSECONDS]`

Each recorder is a process that appends a run in small commits, with its row of the read model. The server and all
recorders share this machine; the server has its default settings, so every commit is on the disk before it is
confirmed. *DIRECTORY* is a checkout of the code to compare with, for example a `git worktree` of an earlier commit;
both are measured in turn, each on a log of its own on the same server. With `--floor`, so are clients that only insert
the same rows, each transaction alone, under one lock, or one client for all (`_postgresql_floor_child`). A slower disk
is imitated by `--flush`, a pause before each flush of the server's write-ahead log.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path

from tests.benchmarks._figure import Figure, compare, in_turn, print_figures
from tests.own_postgresql import OwnServer, own_server
from veritas.config import child_environment

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("_postgresql_child.py")
FLOOR_CHILD = Path(__file__).with_name("_postgresql_floor_child.py")
FLOORS = ("alone", "locked", "joined")
BATCHES = {1: 100, 8: 30, 32: 20}  # that each recorder appends in one measurement, by the number of recorders
SIZES = (1, 20)  # events in a commit
WARM_UP = 8  # commits of each recorder, after which the server has prepared its statements
TARGET = ">= 5"  # for the most recorders

_runs = count(1)


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    parser = argparse.ArgumentParser(prog="postgresql", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="of each measurement (default: 3)")
    parser.add_argument("--before", type=Path, metavar="DIRECTORY", help="a checkout of the code to compare with")
    parser.add_argument("--floor", action="store_true", help="compare also with clients that only insert")
    parser.add_argument("--flush", type=int, default=0, metavar="MICROSECONDS", help="a pause before each flush")
    arguments = parser.parse_args(argv)
    settings = ["fsync=on", "max_connections=500"]  # of all teams together, although one works at a time
    if arguments.flush:
        settings += [f"commit_delay={arguments.flush}", "commit_siblings=0"]
    with own_server(*settings) as server:
        print_figures(
            figures(server, arguments.before, FLOORS if arguments.floor else (), arguments.repetitions),
            as_json=arguments.json,
        )
    return 0


def figures(server: OwnServer, before: Path | None, floors: Sequence[str], repetitions: int) -> Iterator[Figure]:
    """Measure each number of recorders with each size of a commit."""
    trees = {"now": ROOT} | ({"before": before} if before is not None else {})
    for number, batches in BATCHES.items():
        with ExitStack() as stack:
            teams = {name: stack.enter_context(Team(server, name, tree, number)) for name, tree in trees.items()}
            teams |= {kind: stack.enter_context(FloorTeam(server, kind, number)) for kind in floors}
            for size in SIZES:
                turns = in_turn(
                    repetitions,
                    {name: partial(team.rate, size, batches) for name, team in teams.items()},
                )
                what = f"{number} recorder{'' if number == 1 else 's'}, {size} a commit"
                if before is None:
                    yield Figure(what, statistics.median(turns["now"]), "/s")
                else:
                    target = TARGET if number == max(BATCHES) else None
                    yield compare(what, "/s", turns, "now", "before", "before", target)
                for kind in floors:
                    yield compare(what, "/s", turns, "now", kind, f"floor, {kind}", None)


class Team:
    """Recorders on one log, which begin together."""

    def __init__(self, server: OwnServer, name: str, tree: Path, number: int) -> None:
        """Prepare a log, and *number* recorders that use the code in *tree*."""
        self._recorders = number
        self._runs_of_child = 1
        self._start(server, f"{name}_{number}", tree, number, CHILD)

    def _start(self, server: OwnServer, schema: str, tree: Path, number: int, child: Path, *arguments: str) -> None:
        with server.connect() as connection:
            connection.execute(f"CREATE SCHEMA {schema}")
        address = server.url(options=f"-csearch_path%3D{schema}")
        self._children: list[subprocess.Popen[str]] = []
        for _ in range(number):
            self._children.append(
                subprocess.Popen(
                    [sys.executable, "-P", str(child), address, *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=tree,
                    env=child_environment(tree),
                )
            )
            if len(self._children) == 1:
                self._expect("ready", self._children)  # it creates the tables
        self._expect("ready", self._children[1:])
        self.rate(1, WARM_UP)

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.communicate()

    def rate(self, size: int, batches: int) -> float:
        """Return how many commits per second all recorders make together, each *batches* of *size* events."""
        for child in self._children:
            runs = [f"vrts_{next(_runs):016x}.1" for _ in range(self._runs_of_child)]
            self._send(child, f"{','.join(runs)} {size} {batches}")
        self._expect("ready", self._children)
        start = time.perf_counter()
        for child in self._children:
            self._send(child, "")
        self._expect("done", self._children)
        return batches * self._recorders / (time.perf_counter() - start)

    @staticmethod
    def _send(child: subprocess.Popen[str], line: str) -> None:
        assert child.stdin is not None
        child.stdin.write(f"{line}\n")
        child.stdin.flush()

    @staticmethod
    def _expect(line: str, children: list[subprocess.Popen[str]]) -> None:
        for child in children:
            assert child.stdout is not None and child.stdout.readline() == f"{line}\n"


class FloorTeam(Team):
    """Clients that only insert what recorders insert, in one way of `FLOORS`."""

    def __init__(self, server: OwnServer, kind: str, number: int) -> None:
        """Prepare a table, and the clients that take the place of *number* recorders."""
        self._recorders = number
        clients = 1 if kind == "joined" else number
        self._runs_of_child = number // clients
        self._start(server, f"{kind}_{number}", ROOT, clients, FLOOR_CHILD, kind)
