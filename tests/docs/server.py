"""Runs `veritas` for the pages' shells, each time in a fork of a process that has imported everything already.

A page has dozens of commands, and an interpreter with SQLAlchemy and Rich takes most of a second to start. So
`veritas` in such a shell is a small client, which hands its arguments, directory, environment and standard streams to
this server. Nothing in VERITAS knows of it.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import pkgutil
import platform
import secrets
import signal
import socket
import sys
import traceback
from pathlib import Path

IDS = "DOCS_AUDIT_IDS"  # names a file with the ids that audits get, one a line

CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(call).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(call)
    answer = server.recv(1)
sys.exit(answer[0] if answer else 3)
"""


def main(address: str) -> None:
    """Serve until the process is ended."""
    for package in ("store", "veritas"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for module in ("rich.console", "rich.table", "rich.markdown", "rich.progress", "alembic.command"):
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that ended children need no waiting for
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print("ready", flush=True)
        while True:
            connection, _ = server.accept()
            with connection:
                if os.fork() == 0:
                    _serve(connection)


def _serve(connection: socket.socket) -> None:
    """Run one command in a further child, and answer with its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, streams, _, _ = socket.recv_fds(connection, 4, 3)
    call = b""
    while len(call) < int.from_bytes(size, "big"):
        call += connection.recv(65536)
    arguments, directory, environment = json.loads(call)
    child = os.fork()
    if child == 0:
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment)
        _run(arguments)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.sendall(bytes([status if status >= 0 else 128 - status]))
    os._exit(0)


def _run(arguments: list[str]) -> None:
    from veritas.cli import main

    sys.argv = ["veritas", *arguments]
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(fd, "w", closefd=False), "utf-8", line_buffering=True) for fd in (1, 2)
    )
    secrets.token_hex = _next_id
    platform.node = lambda: "workstation"
    status: object = 3
    try:
        main()
    except SystemExit as end:
        status = end.code
    except BaseException:
        traceback.print_exc()
    os._exit(status if isinstance(status, int) else 0)


def _next_id(size: int, random: object = secrets.token_hex) -> str:
    """Return the next of the ids in the file that the environment names, or a random one where there is none left."""
    file = Path(os.environ.get(IDS, os.devnull))
    ids = file.read_text().split() if size == 8 else []
    if not ids:
        return os.urandom(size).hex()
    file.write_text("\n".join(ids[1:]))
    return ids[0]


if __name__ == "__main__":
    main(sys.argv[1])
