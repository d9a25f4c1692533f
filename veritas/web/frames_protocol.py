"""uvicorn's WebSocket protocol with the extension that `frames` uses; the protocol is not public, and may change."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from veritas.web.frames import EXTENSION

_NEEDED = ("close_sent", "scope", "transport", "writable")  # attributes that another version of uvicorn may not have


class FramesProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, with the extension."""

    async def run_asgi(self) -> None:
        """Run the application; its scope has the extension if this uvicorn has what that needs."""
        if all(hasattr(self, name) for name in _NEEDED) and hasattr(super(), "send"):
            self.scope.setdefault("extensions", {})[EXTENSION] = {}
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        """Send a message of the application, and wait while the client reads slowly."""
        frames = message.get(EXTENSION)
        if frames is None:
            await super().send(message)
            return
        await self.writable.wait()
        if self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(frames)
