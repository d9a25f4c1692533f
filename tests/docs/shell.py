"""Running the commands of the pages: each page in one shell, on the log that the first two pages make."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.docs.blocks import DOCS, ROOT, Command, commands, files
from tests.docs.rollouts import make_logs
from tests.docs.server import CLIENT, IDS
from veritas.cli.demo.server import serve_shops

WIDTH, HEIGHT = 100, 50

# The page that makes the log of all others, and the page that adds an audit to it.
FIRST = (DOCS / "demo.md", DOCS / "audit.md")

# What the pages call the honest shop's address, and the ids that the audits of a page get.
SHOP = "http://127.0.0.1:8000/"
AUDIT_IDS = {
    "demo": ("3fa1c09e52b7d846", "b2940f7e6ac3158d"),
    "audit": ("c41d7a02e98f563b",),
}

_END = re.compile(r"\x1e(\d+)\x1e")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b\][^\x1b]*\x1b\\")
_ONLY_AS_ROOT = re.compile(r"sandbox +off, ")


@dataclass(frozen=True)
class Outcome:
    """What a command did.

    Attributes:
        command: The command.
        stdout: What it wrote to a terminal of 100 columns, with the terminal's colours.
        stderr: What it wrote to stderr, a pipe.
        status: Its exit status.
    """

    command: Command
    stdout: str
    stderr: str
    status: int

    @property
    def output(self) -> str:
        """What a page shows: stdout without colours, and where the command fails stderr as well."""
        lines = [line.rstrip() for line in plain(self.stdout).splitlines()]
        while lines and not lines[0]:
            del lines[0]
        if self.status:
            lines += self.stderr.splitlines()
        if self.command.lines is not None and len(lines) > self.command.lines:
            lines[self.command.lines :] = ["…"]
        return "".join(f"{line}\n" for line in lines)


def as_other_users_see(stdout: str) -> str:
    """Return what a command wrote without the line that only root gets."""
    return "".join(line for line in stdout.splitlines(keepends=True) if not _ONLY_AS_ROOT.match(plain(line)))


def plain(text: str) -> str:
    """Return what was written to a terminal without its colours."""
    return _COLOUR.sub("", text)


class Shell:
    """Runs pages; each gets a home and a working directory of its own, and a copy of the demo's log."""

    def __init__(self, directory: Path, address: str, shop: str) -> None:
        self._directory = directory
        self._shop = shop
        self._first: dict[Path, list[Outcome]] = {}
        self._binaries = directory / "bin"
        self._binaries.mkdir()
        client = self._binaries / "veritas"
        client.write_text(CLIENT.format(python=sys.executable, address=address))
        client.chmod(0o755)

    def run(self, page: Path) -> list[Outcome]:
        """Run all commands of a page, in order; the pages that make the log are run once."""
        if page in self._first:
            return self._first[page]
        before = FIRST[: FIRST.index(page)] if page in FIRST else FIRST
        for other in before:
            self.run(other)
        home = self._home(page)
        if before:
            shutil.copytree(self._home(before[-1]), home)
            shutil.rmtree(home / "work")
        outcomes = self._run(page, home)
        if page in FIRST:
            self._first[page] = outcomes
        return outcomes

    def _home(self, page: Path) -> Path:
        return self._directory / page.stem

    def _run(self, page: Path, home: Path) -> list[Outcome]:
        text = page.read_text(encoding="utf-8")
        work = home / "work"
        work.mkdir(parents=True)
        for name, contents in files(text).items():
            (work / name).write_text(contents, encoding="utf-8")
        if page.stem == "rollout":
            make_logs(work)
        ids = home / "ids"
        ids.write_text("\n".join(AUDIT_IDS.get(page.stem, _ids(page.stem))))
        typed = commands(text)
        script = ["__status=0"]
        for command in typed:
            script += [
                '(exit "$__status")',
                command.text.replace(SHOP, self._shop),
                "__status=$?; printf '\\036%d\\036' \"$__status\"; printf '\\036%d\\036' \"$__status\" >&2",
            ]
        stdout, stderr = _in_terminal("\n".join(script), work, self._environment(home, ids))
        outputs, errors = (_END.split(self._readable(text, home)) for text in (stdout, stderr))
        assert len(outputs) == len(errors) == 2 * len(typed) + 1, f"{page.name}: {outputs[-1]}{errors[-1]}"
        return [
            Outcome(command, as_other_users_see(outputs[2 * at]), errors[2 * at], int(outputs[2 * at + 1]))
            for at, command in enumerate(typed)
        ]

    def _readable(self, text: str, home: Path) -> str:
        return text.replace(str(home), "/home/you").replace(self._shop, SHOP)

    def _environment(self, home: Path, ids: Path) -> dict[str, str]:
        return {
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / ".local" / "share"),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "PATH": os.pathsep.join(map(str, [self._binaries, Path(sys.executable).parent, os.environ["PATH"]])),
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "LOGNAME": "you",
            IDS: str(ids),
        }


@contextmanager
def shell(directory: Path) -> Iterator[Shell]:
    """Serve the shops and the pages' `veritas` until the block ends."""
    address = str(directory / "veritas.sock")
    command = [sys.executable, "-m", "tests.docs.server", address]
    with (
        serve_shops() as shops,
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as server,
    ):
        assert server.stdout is not None
        try:
            assert server.stdout.readline() == b"ready\n"
            yield Shell(directory, address, shops.honest)
        finally:
            server.kill()


def _ids(page: str) -> list[str]:
    """Return ids for the audits that a page records, the same every time."""
    return [hashlib.sha256(f"{page} {number}".encode()).hexdigest()[:16] for number in range(20)]


def _in_terminal(script: str, directory: Path, environment: dict[str, str]) -> tuple[str, str]:
    """Run a shell script with a terminal as its stdout; return what it wrote to stdout and to stderr."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(terminal)
        assert process.stderr is not None
        written = {controller: b"", process.stderr.fileno(): b""}
        open_ = set(written)
        while open_:
            for stream in select.select(open_, [], [])[0]:
                try:
                    read = os.read(stream, 65536)
                except OSError:  # how the end of a terminal reads on Linux
                    read = b""
                written[stream] += read
                if not read:
                    open_.remove(stream)
    os.close(controller)
    stdout, stderr = (text.decode("utf-8").replace("\r\n", "\n") for text in written.values())
    return stdout, stderr
