"""The messages of a stream arrive as they are, in frames for all clients or one by one."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from veritas.web import frames_protocol
from veritas.web.frames import EXTENSION, send_messages
from veritas.web.frames_protocol import FramesProtocol
from veritas.web.message_buffer import Message
from veritas.web.server import websocket_protocol

# The lengths need a frame's three kinds of header, and more than one write.
MESSAGES = [Message.of(number, {"detail": "é" * size}) for number, size in enumerate((0, 200, 40_000, 40_000, 1), 1)]


class _Application:
    """Sends the messages to each client."""

    def __init__(self) -> None:
        self.had_extension: bool | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.had_extension = EXTENSION in scope["extensions"]
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        await send_messages(websocket, MESSAGES)
        await websocket.close()


@contextmanager
def served(application: _Application, protocol: Any) -> Iterator[str]:
    """Serve an application; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(application, ws=protocol, lifespan="off", log_config=None, ws_per_message_deflate=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()
        try:
            yield f"ws://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("lacks", [None, "an attribute", "the protocol"])
def test_another_uvicorn_breaks_no_stream(lacks: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is installed gets frames; one that lacks what they need sends the messages one by one."""
    if lacks == "an attribute":
        monkeypatch.setattr(frames_protocol, "_NEEDED", ("transport", "renamed"))
    protocol = websocket_protocol()
    if lacks == "the protocol":
        monkeypatch.delitem(sys.modules, frames_protocol.__name__)
        with monkeypatch.context() as changed:
            changed.setitem(sys.modules, "uvicorn.protocols.websockets.websockets_sansio_impl", None)
            protocol = websocket_protocol()
    assert (protocol is FramesProtocol) == (lacks != "the protocol")
    application = _Application()
    with served(application, protocol) as address, connect(address) as client:
        received = list(client)
    assert received == [message.text.decode() for message in MESSAGES]
    assert application.had_extension is (lacks is None)
