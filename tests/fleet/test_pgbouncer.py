"""The log and the fleet through PgBouncer, in both of its usual modes."""

from __future__ import annotations

import asyncio
import threading

import pytest

from store.errors import DatabaseUnreachable
from tests.fleet.conftest import Fleet
from tests.fleet.pgbouncer import PROGRAM, pgbouncer
from tests.own_postgresql import own_server
from veritas.archive.archive import Archive
from veritas.fleet.database import FleetDatabase
from veritas.fleet.listener import Listener
from veritas.fleet.overview import overview
from veritas.fleet.queue import JobQueue

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")]


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_workers_share_jobs_through_a_pooler(mode: str) -> None:
    """More statements than psycopg prepares, in sessions of the server that change from transaction to transaction."""
    with own_server() as server, pgbouncer(server, mode) as port:
        address = server.url(port)
        with Archive.open(address) as archive, FleetDatabase.of(archive) as tables:
            assert tables.set_up()
            fleet = Fleet(address, archive, tables)
            fleet.submit(*(f"http://host{number}.test/" for number in range(40)))

            def work() -> None:
                queue = JobQueue(tables, queues=(), jobs=1)
                queue.join()
                while (job := queue.take()) is not None:
                    assert queue.beat(draining=False)
                    assert queue.finish(job, "succeeded")

            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert overview(tables).jobs == {"default": {"completed": 40}}
            for _ in range(8):
                fleet.submit("http://a.test/")
            assert archive.log.verify().fault is None
        with Archive.open(server.url()) as archive, FleetDatabase.of(archive) as tables:
            assert tables.missing_migrations() == []  # the tables are in the schema of the fleet
        with (
            pytest.raises(DatabaseUnreachable, match="does not pass on the parameter 'options'; leave it out"),
            Archive.open(server.url(port, options="-csearch_path%3Dpublic")),
        ):
            pass


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_a_worker_says_if_no_notification_arrives(mode: str) -> None:
    woken, said = [0], list[str]()
    with (
        own_server() as server,
        pgbouncer(server, mode) as port,
        Archive.open(server.url(port)) as archive,
        FleetDatabase.of(archive) as tables,
    ):
        tables.set_up()

        def wake() -> None:
            woken[0] += 1

        async def listen() -> None:
            listener = Listener(tables, wake=wake, report=said.append, look=5)
            listening = asyncio.create_task(listener.run())
            while not said and woken[0] < 2:
                await asyncio.sleep(0.05)
            listening.cancel()

        asyncio.run(listen())
    notifies = mode == "session"
    assert (woken[0] >= 2, [sentence[:50] for sentence in said]) == (
        notifies,
        [] if notifies else ["No notification of the database arrives by this ad"],
    )
