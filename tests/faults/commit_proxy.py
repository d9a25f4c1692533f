"""A TCP proxy in front of a PostgreSQL server that does something at a commit, and can swallow what is sent."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable

_COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"  # as psycopg sends it
_CALL = re.compile(rb"P....(\w*)\x00CALL append_events", re.DOTALL)  # which commits; with the name of the statement

BEFORE, AFTER, SWALLOW, FORWARD = "before", "after", "swallow", "forward"


class CommitProxy:
    """Forwards connections to a server; at the commit number *at*, it acts once.

    The action returns `BEFORE` to close the connection without forwarding the commit, `AFTER` to close it when the
    server has answered, without forwarding the answer, `SWALLOW` to forward nothing more on it and keep it open, or
    `FORWARD`.

    Attributes:
        port: The port on 127.0.0.1 that it listens on.
        commits: How many commits it has seen.
        acted: Set once it has acted.
    """

    def __init__(self, server: int, at: int, action: Callable[[], str]) -> None:
        """Listen, and forward to the port *server*."""
        self.commits = 0
        self.acted = threading.Event()
        self._server = server
        self._at = at
        self._action = action
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Close all connections."""
        self._listener.close()
        for each in list(self._open):
            _close(each)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._server))
        except OSError:
            _close(client)
            return
        self._open |= {client, server}
        silent = threading.Event()  # nothing more is forwarded to the client
        answered = threading.Event()
        commits = _Commits()
        threading.Thread(target=self._answer, args=(server, client, silent, answered), daemon=True).start()
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                what = self._act() if commits(data) else FORWARD
                if what == BEFORE:
                    break
                if what == SWALLOW:
                    silent.set()
                    threading.Event().wait(60)
                if what == AFTER:
                    silent.set()
                    server.sendall(data)
                    answered.wait(30)
                    break
                server.sendall(data)
        _close(client)
        _close(server)

    def _answer(
        self, server: socket.socket, client: socket.socket, silent: threading.Event, answered: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                if silent.is_set():
                    answered.set()
                else:
                    client.sendall(data)
        if not silent.is_set():
            _close(client)

    def _act(self) -> str:
        with self._lock:
            self.commits += 1
            if self.commits < self._at or self.acted.is_set():
                return FORWARD
            self.acted.set()
        return self._action()


class _Commits:
    """Finds the commits in what a client sends: COMMIT, and each call of `append_events`."""

    def __init__(self) -> None:
        self._names: set[bytes] = set()

    def __call__(self, data: bytes) -> bool:
        """Return whether *data* has a commit."""
        if (call := _CALL.search(data)) is not None:
            self._names |= {call[1]} - {b""}
            return not call[1]
        return _COMMIT in data or any(b"\x00" + name + b"\x00" in data for name in self._names)


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
