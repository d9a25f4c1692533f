"""Several processes on one log, some of them killed, leave one order without gaps, and lose nothing."""

from __future__ import annotations

import random
import threading
from contextlib import ExitStack, closing

import psycopg
import pytest

from store.backends.connect import find_database
from store.backends.postgresql import LOCK_KEY
from store.log import EventLog
from store.writer import Writer
from tests.processes import wait_until
from tests.store.appender import appender
from tests.store.log_kill import KilledRecorders
from tests.store.making import RUN, records
from tests.store.raw import connections, raw_connection

KILLS = 6  # `python -m tests.benchmarks log_kills` carries out hundreds


def test_processes_that_create_the_same_log_at_once_all_succeed(database: str) -> None:
    """The first one creates it; the others wait and then use it."""
    with ExitStack() as stack:
        appenders = [stack.enter_context(appender(database, f"run.{n}", batches=3)) for n in range(4)]
        for each in appenders:
            each.wait_until_ready()
            each.go()
        acknowledged = [position for each in appenders for batch in each.acknowledged() for position in batch]
        assert [each.join() for each in appenders] == [0] * 4
    assert sorted(acknowledged) == list(range(1, 13))


def test_processes_append_to_one_order_and_followers_miss_nothing(database: str) -> None:
    """Positions are distinct and without gaps; a follower sees each event once, in that order; the chains hold."""
    batches, size, writers = 40, 3, 4
    total = batches * size * writers
    with EventLog.open(database) as log, ExitStack() as stack:
        seen: list[list[int]] = [[], []]
        done = threading.Event()

        def follow(into: list[int]) -> None:
            with EventLog.open(database) as follower:
                into.extend(event.position for event in follower.follow(stop=done.is_set, poll=0.01))

        followers = [threading.Thread(target=follow, args=(into,)) for into in seen]
        for follower in followers:
            follower.start()
        appenders = [
            stack.enter_context(appender(database, f"run.{number}", batches=batches, size=size))
            for number in range(writers)
        ]
        for each in appenders:
            each.wait_until_ready()
        for each in appenders:
            each.go()
        acknowledged = [position for each in appenders for batch in each.acknowledged() for position in batch]
        assert [each.join() for each in appenders] == [0] * writers
        done.set()
        for follower in followers:
            follower.join(60)

        assert sorted(acknowledged) == list(range(1, total + 1))
        assert seen == [list(range(1, total + 1))] * 2
        assert log.verify().events == total and log.verify().fault is None
        for number in range(writers):
            assert [event.seq for event in log.read(run_id=f"run.{number}")] == list(range(1, batches * size + 1))


def test_two_processes_that_record_the_same_run_record_it_once(database: str) -> None:
    """Each observation has one position, which both processes get."""
    with EventLog.open(database) as one, EventLog.open(database) as two:
        both: dict[EventLog, list[int]] = {one: [], two: []}
        together = threading.Barrier(2)

        def work(log: EventLog) -> None:
            together.wait(60)
            for start in range(1, 101, 4):
                both[log] += log.append(records(start, start + 3))

        threads = [threading.Thread(target=work, args=(log,)) for log in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert both[one] == both[two] == list(range(1, 101))
        assert one.verify().fault is None


def test_a_transaction_begun_later_is_not_visible_before_an_earlier_one(postgresql: str) -> None:
    """Even a raw insert holds the lock, so no position is assigned after one that is not committed."""
    with EventLog.open(postgresql) as log, raw_connection(postgresql) as raw:
        log.append(records(1, 1))
        raw.execute("BEGIN")
        raw.execute("INSERT INTO event SELECT 2, 'raw', source, 1, type, phase, step, 0, 0, 1, NULL, salt, body,"
                    " body_hash, hash FROM event")  # fmt: skip
        later: list[int] = []
        thread = threading.Thread(target=lambda: later.extend(log.append(records(2, 2))))
        thread.start()
        with raw_connection(postgresql) as other:
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while other.execute(waiting).fetchone()[0] == 0:
                assert thread.is_alive()
        assert log.head() == 1
        raw.execute("COMMIT")
        thread.join(60)
        assert later == [3]
        assert [event.run_id for event in log.read()] == [RUN, "raw", RUN]


def test_a_follower_misses_nothing_if_transactions_commit_in_another_order_than_they_began(postgresql: str) -> None:
    """The first one to begin, and to get a transaction id, commits last; some never do. Positions follow commits."""
    transactions = 12
    done = threading.Event()
    seen: list[tuple[int, str]] = []

    def follow() -> None:
        with EventLog.open(postgresql) as follower:
            seen.extend((event.position, event.run_id) for event in follower.follow(stop=done.is_set, poll=0.001))

    with EventLog.open(postgresql), closing(find_database(postgresql)) as opened, ExitStack() as stack:
        follower = threading.Thread(target=follow)
        follower.start()
        writer = Writer(opened, clock=lambda: 0)
        begun = []
        for _ in range(transactions):
            connection = stack.enter_context(closing(psycopg.connect(postgresql)))
            begun.append((connection, connection.execute("SELECT pg_current_xact_id()").fetchone()))
        assert [id_ for _, id_ in begun] == sorted(id_ for _, id_ in begun)
        committed = []
        for number, (connection, _) in reversed(list(enumerate(begun))):
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
            writer.append_within(connection.cursor(), records(1, 2, run_id=f"run.{number}"))
            if number % 3 == 1:
                connection.rollback()
            else:
                connection.commit()
                committed += [f"run.{number}"] * 2
        done.set()
        follower.join(60)
    assert seen == list(enumerate(committed, 1))


@pytest.mark.parametrize("at_once", [1, 3])
def test_nothing_is_lost_or_partial_when_recorders_are_killed(database: str, at_once: int) -> None:
    """After `kill -9` at random moments, acknowledged events are there, batches are whole, and appending works."""
    seed = random.randrange(2**32)
    draw = random.Random(seed)
    recorders = KilledRecorders(database, at_once=at_once)
    while recorders.kills < KILLS:
        assert list(recorders.round(draw, KILLS - recorders.kills)) == [], f"seed {seed}, kill {recorders.kills}"
    assert recorders.acknowledged > 0


@pytest.mark.parametrize("size", [1, 50])
def test_a_killed_appender_leaves_no_lock(database: str, size: int) -> None:
    with EventLog.open(database) as log:
        before = connections(database)
        with appender(database, RUN, size=size) as victim:
            victim.wait_until_ready()
            victim.go()
            next(victim.acknowledged())
        wait_until(lambda: connections(database) <= before)
        head = log.head()
        assert log.append(records(1, 2, run_id="another")) == [head + 1, head + 2]
