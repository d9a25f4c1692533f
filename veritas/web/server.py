"""The server: uvicorn on a socket, which a signal ends at once, with every stream."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from veritas.errors import UsageError
from veritas.web.security.limits import MAX_BODY, MAX_STREAMS
from veritas.web.streams import Streams

_LATEST_PONG = 120  # seconds; a client that reads slowly has to read what was sent before the ping
_GRACE = 2  # seconds for requests that are being answered when the server ends
_SILENT = {"version": 1, "disable_existing_loggers": False, "loggers": {"uvicorn": {"level": 60, "propagate": False}}}


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address of this machine.

    Args:
        host: An IP address, or a name of one.
        port: The port; 0 for any that is free.

    Raises:
        UsageError: The address does not exist, or the port cannot be used.
    """
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"--host {host!r} is not an address of this machine ({error}); give one, such as 127.0.0.1."
        ) from None
    listening = socket.socket(family, kind, protocol)
    try:
        if hasattr(socket, "SO_REUSEADDR"):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise UsageError(f"--host {host!r} is not an address of this machine; give one, or 127.0.0.1.") from None
        raise UsageError(
            f"Port {port} of {host} cannot be used: {error.strerror or error}; give another --port, or 0 for any."
        ) from None
    return listening


def serve(app: ASGIApp, listening: socket.socket, *, streams: Streams) -> None:
    """Serve until SIGINT or SIGTERM arrives; then close the streams, and return within seconds."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws=websocket_protocol(),
        loop="asyncio",
        lifespan="off",
        log_config=_SILENT,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws_max_size=MAX_BODY,
        ws_ping_timeout=_LATEST_PONG,
        ws_per_message_deflate=False,  # it would cost each of hundreds of streams memory and time
        h11_max_incomplete_event_size=MAX_BODY,
        limit_concurrency=2 * MAX_STREAMS,
        timeout_graceful_shutdown=_GRACE,
    )
    asyncio.run(_Server(config, streams).serve(sockets=[listening]))


def websocket_protocol() -> type[asyncio.Protocol] | str:
    """Return the WebSocket protocol that sends frames; uvicorn's choice if this uvicorn lacks what frames need."""
    try:
        from veritas.web.frames_protocol import FramesProtocol
    except ImportError:
        return "auto"
    return FramesProtocol


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as the request to end; uvicorn itself would raise them again at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {name: signal.signal(name, self._stop) for name in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the streams, which would not end by themselves, and then the server."""
        self._streams.close()
        await super().shutdown(sockets)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.should_exit = True
