"""Operations that need the Chrome DevTools Protocol (CDP), on a session of Playwright's."""

from __future__ import annotations

import base64
import json
from typing import Any

from veritas.errors import PageError


class IsolatedWorld:
    """The isolated world of a page's main frame.

    It has the same DOM as the page but its own globals, so the page's scripts cannot change them.
    """

    def __init__(self, session: Any) -> None:
        """Use a CDP session with the page."""
        self._session = session
        self._main_frame = ""

    async def main_frame(self) -> str:
        """Return the id of the main frame; it stays the same when the page moves to another document or site."""
        if not self._main_frame:
            tree = await self._session.send("Page.getFrameTree")
            self._main_frame = tree["frameTree"]["frame"]["id"]
        return self._main_frame

    async def context(self) -> int:
        """Return its execution context in the document on screen; the first call creates it."""
        frame = {"frameId": await self.main_frame(), "worldName": "veritas"}
        return int((await self._session.send("Page.createIsolatedWorld", frame))["executionContextId"])

    async def call(self, function: str, argument: Any, *objects: str, context: int | None = None) -> Any:
        """Call *function* in it.

        Args:
            function: The function, in JavaScript.
            argument: A JSON value, its first argument.
            objects: The ids of objects in *context*, its other arguments.
            context: The execution context to call it in; None for that of the document on screen.

        Raises:
            PageError: The function throws; the message is the exception's.
        """
        call = {
            # As text, because Playwright copies every value in a result, of which a snapshot has thousands.
            "functionDeclaration": f"async (...values) => JSON.stringify(await ({function})(...values))",
            "executionContextId": context or await self.context(),
            "arguments": [{"value": argument}, *({"objectId": id} for id in objects)],
            "returnByValue": True,
            "awaitPromise": True,
        }
        answer = await self._session.send("Runtime.callFunctionOn", call)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description") or details["text"])
        value = answer["result"].get("value")
        return None if value is None else json.loads(value)


async def capture(session: Any, *, width: int, height: int, scale: float = 1.0, max_height: int | None = None) -> bytes:
    """Return a PNG of the page as it is now, without waiting for fonts or animations.

    Args:
        width: The width of the window, in CSS pixels.
        height: The height of the window, in CSS pixels.
        scale: Pixels of the picture for each device pixel.
        max_height: The height at which a picture of the whole page is cut, in CSS pixels; None for the window alone.
    """
    if max_height is not None:
        metrics = await session.send("Page.getLayoutMetrics")
        height = min(max(height, metrics["cssContentSize"]["height"]), max_height)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
    options = {"format": "png", "clip": clip, "captureBeyondViewport": max_height is not None}
    answer = await session.send("Page.captureScreenshot", options)
    return base64.b64decode(answer["data"])
