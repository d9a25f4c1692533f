"""Clients of many streams, for the benchmark of the server: `python -m tests.benchmarks._stream_clients PORT TOKEN N`.

It reads a run's id from standard input, opens N streams of it, writes a line, and reads them to their ends. Then it
writes as JSON how many messages each had, whether all had the same, the codes of the ends, and when the last one ended.
"""

from __future__ import annotations

import hashlib
import json
import os
import selectors
import socket
import sys
import time

_REQUEST = (
    "GET /api/audit/stream/{run} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_TEXT, _CLOSE = 0x81, 0x88


class Client:
    """One stream.

    Attributes:
        socket: Its connection.
        messages: How many messages it has read.
        digest: The hash of them.
        code: The code with which the server closed it; None until then.
    """

    def __init__(self, port: int, token: str, run: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(_REQUEST.format(run=run, port=port, token=token).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.socket.recv(1)
        assert b" 101 " in head, head
        self.messages, self.digest, self.code = 0, hashlib.blake2b(), None
        self._rest = b""

    def read(self) -> bool:
        """Read what has arrived; return whether there may be more."""
        data = self._rest + self.socket.recv(1 << 18)
        at = 0
        while (end := _end_of_frame(data, at)) is not None:
            if data[at] == _TEXT:
                self.messages += 1
                self.digest.update(data[at:end])
            elif data[at] == _CLOSE:
                self.code = int.from_bytes(data[at + 2 : at + 4])
                return False
            at = end
        more = len(data) > len(self._rest)
        self._rest = data[at:]
        return more


def _end_of_frame(data: bytes, at: int) -> int | None:
    """Return where a frame ends; None if it is not complete."""
    if len(data) < at + 10:
        return at + 4 if data[at : at + 1] == bytes([_CLOSE]) and len(data) >= at + 4 else None
    size, start = data[at + 1], at + 2
    if size > 125:
        length = 2 if size == 126 else 8
        size, start = int.from_bytes(data[start : start + length]), start + length
    return start + size if start + size <= len(data) else None


def main(port: str, token: str, count: str) -> None:
    """Open the streams and read them."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    run = sys.stdin.readline().strip()
    clients = [Client(int(port), token, run) for _ in range(int(count))]
    print("open", flush=True)
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        while selector.get_map():
            for key, _ in selector.select():
                if not key.data.read():
                    selector.unregister(key.fileobj)
    found = {
        "messages": clients[0].messages,
        "equal": len({client.digest.digest() for client in clients}) == 1,
        "codes": sorted({client.code or 0 for client in clients}),
        "ended": time.time(),
    }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
