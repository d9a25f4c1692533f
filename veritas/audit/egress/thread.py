"""A guard in a thread of its own, so that bytes flow while a phase computes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from veritas.audit.egress.guard import Guard, OnRefusal
from veritas.audit.egress.policy import PUBLIC_ONLY, EgressPolicy
from veritas.audit.egress.resolver import Resolve, ask_system
from veritas.audit.network import DIRECT, Network


@asynccontextmanager
async def open_guard(
    policy: EgressPolicy = PUBLIC_ONLY,
    *,
    network: Network = DIRECT,
    resolve: Resolve = ask_system,
    on_refusal: OnRefusal = lambda refusal: None,
) -> AsyncIterator[Guard]:
    """Run a guard in a thread of its own, and end it with the `async with` block.

    Args:
        policy: The hosts that are opened although they are not public.
        network: The user's own proxies, which the guard's connections go through.
        resolve: Returns the addresses of a name.
        on_refusal: Called in the guard's thread with the first refusal of each host and port.

    Raises:
        OSError: It cannot listen on the loopback interface.
    """
    guard = Guard(policy, network=network, resolve=resolve, on_refusal=on_refusal)
    loop, stopping = asyncio.new_event_loop(), asyncio.Event()
    here = asyncio.get_running_loop()
    started, ended = here.create_future(), here.create_future()

    def run() -> None:
        error: Exception | None = None
        try:
            loop.run_until_complete(guard.serve(lambda: here.call_soon_threadsafe(started.set_result, None), stopping))
        except Exception as failure:
            error = failure
        finally:
            loop.close()
            with suppress(RuntimeError):  # nothing waits any more
                here.call_soon_threadsafe(_settle, started if error and not guard.port else ended, error)

    threading.Thread(target=run, name="egress guard", daemon=True).start()
    await started
    try:
        yield guard
    finally:
        with suppress(RuntimeError):  # its loop has ended by an error
            loop.call_soon_threadsafe(stopping.set)
        await ended


def _settle(future: asyncio.Future[None], error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
