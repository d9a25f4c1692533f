"""The streams: an audit's messages over a WebSocket, and the growth of the log as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.websockets import WebSocket, WebSocketDisconnect

from store.errors import StoreError
from veritas.errors import VeritasError
from veritas.web.frames import send_messages
from veritas.web.problem import Problem, problem_response, status_of
from veritas.web.security.limits import MAX_STREAMS
from veritas.web.site import Site
from veritas.web.streams import Streams
from veritas.web.threads import run_in_thread

_NORMAL, _INTERNAL_ERROR, _RESTART, _TRY_AGAIN = 1000, 1011, 1012, 1013
_UNREADABLE = "The log cannot be read; GET /api/health says why."
_PERIOD = 0.5  # seconds from one event of the log's growth to the next, at least
KEEP_ALIVE = 15.0  # seconds from one event to the next, at most


async def audit_stream(site: Site, websocket: WebSocket) -> None:
    """Send the messages of an audit until it is over, each as one text of JSON."""
    try:
        after = _after(websocket.query_params.get("after", "0"))
        run_id = await run_in_thread(site.resolve, websocket.path_params["id"])
        if not site.streams.has_room(MAX_STREAMS):
            raise Problem(503, f"There are {MAX_STREAMS} streams already; close one and try again.")
    except (VeritasError, StoreError) as error:
        await websocket.send_denial_response(problem_response(status_of(error) or 500, str(error)))
        return
    await websocket.accept()
    sending = asyncio.create_task(_send(site.streams, websocket, run_id, after))
    receiving = asyncio.create_task(_receive(websocket))
    try:
        await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, receiving):
            task.cancel()
        await asyncio.wait((sending, receiving))  # gather would make a cancellation of this task one without its cause
    if sending.cancelled():  # the client has gone
        return
    failure = sending.exception()
    if isinstance(failure, WebSocketDisconnect):
        return
    if isinstance(failure, StoreError):
        await websocket.close(_TRY_AGAIN, _UNREADABLE)
        return
    if failure is not None:
        await websocket.close(_INTERNAL_ERROR, "The server has a bug; its output has more.")
        raise failure
    await websocket.close(_RESTART if site.streams.closed else _NORMAL)


async def log_changes(streams: Streams) -> AsyncGenerator[bytes, None]:
    """Yield server-sent events: the last position of the log, now, after it has grown, and from time to time.

    The end of a recorder without an end of its run changes what is shown of the run, and is not in the log.
    """
    head: int | None = None
    async with aclosing(streams.heads()) as heads:
        following = asyncio.ensure_future(anext(heads, None))
        try:
            while True:
                done, _ = await asyncio.wait((following,), timeout=KEEP_ALIVE)
                if done:
                    head = following.result()
                    following = asyncio.ensure_future(anext(heads, None))
                if head is None:
                    return
                yield b"data: %d\n\n" % head
                await asyncio.sleep(_PERIOD)
        except StoreError:  # the client connects again, and the answer says why that is not possible
            return
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def _send(streams: Streams, websocket: WebSocket, run_id: str, after: int) -> None:
    async with aclosing(streams.messages(run_id, after)) as pages:
        async for page in pages:
            begun = time.thread_time()
            await send_messages(websocket, page)
            streams.count_sending(time.thread_time() - begun)


async def _receive(websocket: WebSocket) -> None:
    """Read what the client sends, which means nothing, until it closes the connection."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


def _after(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Problem(400, f"'after' is {text!r:.100}, and not the number of a message; give one, or 0.")
    return int(text)
