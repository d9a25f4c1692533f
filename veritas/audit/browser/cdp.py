"""What only the DevTools protocol can do; the session is Playwright's."""

from __future__ import annotations

import base64
from typing import Any

from veritas.errors import PageError


async def call_apart(session: Any, function: str, argument: Any) -> Any:
    """Call *function* in the page's main frame, in a world apart: the same document, and none of its scripts' changes.

    Raises:
        PageError: The function does; the message is its own.
    """
    tree = await session.send("Page.getFrameTree")
    frame = {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "veritas"}
    world = await session.send("Page.createIsolatedWorld", frame)
    call = {
        "functionDeclaration": function,
        "executionContextId": world["executionContextId"],
        "arguments": [{"value": argument}],
        "returnByValue": True,
        "awaitPromise": True,
    }
    answer = await session.send("Runtime.callFunctionOn", call)
    if "exceptionDetails" in answer:
        thrown = answer["exceptionDetails"]
        raise PageError(thrown.get("exception", {}).get("description") or thrown["text"])
    return answer["result"].get("value")


async def capture(session: Any, *, width: int, height: int, max_height: int | None = None) -> bytes:
    """Return a PNG of the page as it is at this moment, waiting for nothing.

    Args:
        width: Of the window, in CSS pixels.
        height: Of the window.
        max_height: Take the whole page, down to this; None for the window alone.
    """
    if max_height is not None:
        metrics = await session.send("Page.getLayoutMetrics")
        height = min(max(height, metrics["cssContentSize"]["height"]), max_height)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    options = {"format": "png", "clip": clip, "captureBeyondViewport": max_height is not None}
    answer = await session.send("Page.captureScreenshot", options)
    return base64.b64decode(answer["data"])
