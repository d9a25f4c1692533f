"""The threads that answer requests."""

from __future__ import annotations

import asyncio
import threading

import pytest

from veritas.web.threads import run_in_thread


def test_the_end_of_the_server_waits_for_no_request() -> None:
    """Its thread is a daemon, so the process does not wait for it either."""
    begun, release, ended = threading.Event(), threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def answer() -> None:
        threads.append(threading.current_thread())
        begun.set()
        release.wait(10)
        ended.set()

    async def serve() -> None:
        task = asyncio.create_task(run_in_thread(answer))
        await asyncio.to_thread(begun.wait)
        assert not task.done()

    asyncio.run(serve())
    assert threads[0].daemon and not ended.is_set()
    release.set()
    threads[0].join()


def test_a_result_and_an_error_reach_the_request() -> None:
    """As if the function had been called."""
    assert asyncio.run(run_in_thread(divmod, 7, 3)) == (2, 1)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_in_thread(divmod, 7, 0))
