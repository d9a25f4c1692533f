"""Frames: WebSocket messages that are encoded once for all clients, and sent many at a time.

uvicorn encodes and writes each message for each client, which takes 30 µs; hundreds of streams of a run that records
thousands of events a second would take several processors. So the server's WebSocket protocol has an extension of ASGI:
a message `websocket.send` may have frames, which are written as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starlette.websockets import WebSocket

from veritas.web.message_buffer import Message

EXTENSION = "veritas.frames"
_MOST_BYTES = 64 * 1024  # of one write: a client that reads slowly keeps no more in memory


async def send_messages(websocket: WebSocket, messages: Iterable[Message]) -> None:
    """Send messages; it waits for a client that reads slowly. A server without the extension sends them one by one."""
    if EXTENSION not in websocket.scope.get("extensions", {}):
        for message in messages:
            await websocket.send_text(message.text.decode())
        return
    for frames in _joined(messages):
        await websocket.send({"type": "websocket.send", EXTENSION: frames})


def _joined(messages: Iterable[Message]) -> Iterator[bytes]:
    """Yield the frames of messages, as many at once as may be written at once, and at least one."""
    frames: list[bytes] = []
    size = 0
    for message in messages:
        if frames and size + len(message.frame) > _MOST_BYTES:
            yield b"".join(frames)
            frames, size = [], 0
        frames.append(message.frame)
        size += len(message.frame)
    if frames:
        yield b"".join(frames)
