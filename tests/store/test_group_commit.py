"""Recorders on PostgreSQL that wait for the log's lock are committed together, each with its own result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from store.backends import postgresql_connections
from store.backends.postgresql import LOCK_KEY
from store.errors import DatabaseUnavailable, ObservationConflict, StoreError, StoreLocked
from store.group_commit import group_commit
from store.log import EventLog, Observation, RunUpdate
from tests.own_postgresql import own_server
from tests.processes import wait_until
from tests.store.making import record, records, redaction_records
from tests.store.persistent_appender import persistent_appender
from tests.store.raw import Raw, raw_connection
from veritas.events.progress import decode_event
from veritas.events.recorder_events import AuditRequested
from veritas.projections.run_summary import RunSummary, runs_of
from veritas.recording.entry import entry_of
from veritas.recording.run_writer import RunWriter

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
BLOCKED = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event"
PENDING = "SELECT count(*) FROM pending_append"


class Recorders:
    """Recorders that append at the same time, each over a connection of its own."""

    def __init__(self, database: str, raw: Raw, holder: Raw, stack: ExitStack) -> None:
        self._database = database
        self._raw = raw
        self._holder = holder
        self._stack = stack
        self._pool = stack.enter_context(ThreadPoolExecutor(32))
        self._waiting = 0

    def append(self, work: Callable[[EventLog], Any]) -> Future[Any]:
        """Start to append while another transaction holds the log's lock; return when the batch is pending."""
        log = self._stack.enter_context(EventLog.open(self._database))
        return self.submit(work, log)

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Start to append; return when it waits for the log's lock."""
        future = self._pool.submit(work, *arguments)
        self._waiting += 1
        wait_until(lambda: future.done() or self._raw.execute(WAITING).fetchone() == (self._waiting,))
        assert not future.done()
        return future

    def release(self) -> None:
        """End the other transaction."""
        self._holder.execute("COMMIT")


@pytest.fixture
def raw(postgresql: str) -> Iterator[Raw]:
    """A second connection to a new log."""
    EventLog.open(postgresql).close()
    with raw_connection(postgresql) as connection:
        yield connection


@contextmanager
def locked(database: str, raw: Raw) -> Iterator[Recorders]:
    """Hold the log's lock, so that recorders wait for it, until it is released."""
    with ExitStack() as stack, raw_connection(database) as holder:
        holder.execute("BEGIN")
        holder.execute(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")
        yield Recorders(database, raw, holder, stack)


def begin_run(log: EventLog, run_id: str) -> RunWriter:
    """Append the first event of a run with its row of the read model."""
    writer = RunWriter(log, run_id)
    requested = AuditRequested(run_id.removesuffix(".1"), "https://shop.example/", "standard", "audit")
    body = requested.encode(seq=1, timestamp=1_700_000_000)
    writer.append([entry_of(run_id, "recorder", 1, decode_event(body), body)])
    return writer


def test_recorders_that_wait_are_committed_in_one_transaction(postgresql: str, raw: Raw) -> None:
    """Positions have no gaps, each batch is in one piece, and the runs' rows are written with them."""
    with locked(postgresql, raw) as recorders:
        runs = [f"vrts_{number:016x}.1" for number in range(6)]
        begun = [recorders.append(lambda log, run=run: begin_run(log, run)) for run in runs]
        plain = [recorders.append(lambda log, n=n: log.append(records(1, n, run_id=f"run.{n}"))) for n in (2, 3)]
        assert raw.execute(PENDING).fetchone() == (8,)
        recorders.release()
    for each in begun:
        each.result(60)
    appended = [each.result(60) for each in plain]
    assert all(positions == list(range(positions[0], positions[-1] + 1)) for positions in appended)
    assert raw.execute("SELECT count(DISTINCT xmin::text), max(position) FROM event").fetchone() == (1, 11)
    assert raw.execute(PENDING).fetchone() == (0,)
    assert raw.execute("SELECT position FROM read_model").fetchone() == (6,)
    assert {run for (run,) in raw.execute("SELECT run_id FROM run").fetchall()} == set(runs)
    with EventLog.open(postgresql) as log:
        assert log.verify().events == 11 and log.verify().fault is None
        assert runs_of(log).difference() is None


def test_a_batch_that_is_refused_does_not_affect_the_others(postgresql: str, raw: Raw) -> None:
    """Two different events take the same number of a run, and one batch has a row that the table refuses."""
    with EventLog.open(postgresql) as log:
        begin_run(log, "run.0")
        log.append([record(1, run_id="twice")])
        runs_of(log).catch_up(lambda done, total: None)
        summary = RunSummary("invalid")
        wrong = RunUpdate("invalid", summary.version, log.run_read_model(RunSummary, summary.version).rows()[0], 0)
        wrong = wrong._replace(row=wrong.row._replace(run_id="invalid", status=None))  # type: ignore[union-attr, arg-type]
    with locked(postgresql, raw) as recorders:
        good = [recorders.append(lambda log, n=n: log.append(records(1, 2, run_id=f"good.{n}"))) for n in range(3)]
        one, two = (
            recorders.append(lambda log, body=body: log.append([record(2, body, run_id="twice")]))
            for body in (b"one", b"two")
        )
        invalid = recorders.append(lambda log: log.append([record(1, run_id="invalid")], update=wrong))
        assert raw.execute(PENDING).fetchone() == (6,)
        recorders.release()
    assert [len(each.result(60)) for each in (*good, one)] == [2, 2, 2, 1]
    with pytest.raises(ObservationConflict):
        two.result(60)
    assert len(invalid.result(60)) == 1  # without its row: by then, the read model does not include all events before
    with EventLog.open(postgresql) as log:
        assert [event.position for event in log.read()] == list(range(1, 11))
        assert log.verify().fault is None
    assert raw.execute(PENDING).fetchone() == (0,)


def test_recorders_go_on_if_the_one_that_commits_for_them_ends(postgresql: str, raw: Raw) -> None:
    """Its transaction is rolled back, and the next one appends all batches; a retry finds the events there."""
    with EventLog.open(postgresql) as log:
        begin_run(log, "run.0")
    with raw_connection(postgresql) as blocker, locked(postgresql, raw) as recorders:
        blocker.execute("BEGIN")
        blocker.execute("SELECT * FROM read_model FOR UPDATE")  # which a commit with a row must wait for
        begun = [recorders.append(lambda log, n=n: begin_run(log, f"run.{n}")) for n in range(1, 6)]
        recorders.release()
        wait_until(lambda: raw.execute(f"{BLOCKED} = 'transactionid'").fetchone() is not None)
        (pid,) = raw.execute(f"{BLOCKED} = 'transactionid'").fetchone()
        raw.execute("SELECT pg_terminate_backend(?, 60000)", pid)
        blocker.execute("COMMIT")
        failed = [each for each in begun if each.exception(60) is not None]
    assert len(failed) == 1
    assert isinstance(failed[0].exception(), DatabaseUnavailable)
    with EventLog.open(postgresql) as log:
        begin_run(log, f"run.{begun.index(failed[0]) + 1}")
        assert sorted(event.run_id for event in log.read()) == [f"run.{n}" for n in range(6)]
        assert log.verify().fault is None
    assert raw.execute(PENDING).fetchone() == (0,)


def test_a_batch_whose_wait_is_cancelled_is_never_appended(postgresql: str, raw: Raw) -> None:
    with locked(postgresql, raw) as recorders:
        kept = recorders.append(lambda log: log.append([record(1, run_id="kept")]))
        cancelled = recorders.append(lambda log: log.append([record(1, run_id="cancelled")]))
        raw.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'advisory' ORDER BY xact_start DESC"
            " LIMIT 1"
        )
        with pytest.raises(DatabaseUnavailable):
            cancelled.result(60)
        assert raw.execute(PENDING).fetchone() == (1,)
        recorders.release()
    assert kept.result(60) == [1]
    assert raw.execute("SELECT run_id FROM event").fetchall() == [("kept",)]


def test_a_server_that_gives_no_answer_is_named_as_the_cause(
    postgresql: str, raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sent may be appended later; the recorder finds it then."""
    with locked(postgresql, raw) as recorders:
        monkeypatch.setattr(postgresql_connections, "ANSWER_SECONDS", 1.0)
        waiting = recorders.append(lambda log: log.append([record(1, run_id="late")]))
        with pytest.raises(DatabaseUnavailable, match="the server gave no answer for 1 s"):
            waiting.result(60)
        monkeypatch.undo()
        recorders.release()
    with EventLog.open(postgresql) as log:
        assert log.append([record(1, run_id="late")]) == [1]
        assert len(list(log.read())) == 1


def test_each_thread_that_waits_has_a_connection(postgresql: str, raw: Raw) -> None:
    number = 20
    with EventLog.open(postgresql) as log, ThreadPoolExecutor(number) as pool, locked(postgresql, raw) as recorders:
        waiting = [pool.submit(log.append, [record(1, run_id=f"run.{each}")]) for each in range(number)]
        try:
            wait_until(lambda: raw.execute(PENDING).fetchone() == (number,))
        finally:
            recorders.release()
        assert sorted(each.result(60)[0] for each in waiting) == list(range(1, number + 1))


@contextmanager
def first_commit_limited(raw: Raw) -> Iterator[None]:
    """Let the first recorder that commits for others fail at once if a table is locked; the next ones wait as usual."""
    *_, function, _ = group_commit()
    replacing = function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    limit = "IF nextval('commits') = 1 THEN PERFORM set_config('lock_timeout', '10ms', true); END IF;"
    limited = replacing.replace("BEGIN\n", f"BEGIN {limit}\n", 1)
    assert limited != replacing
    raw.execute("CREATE SEQUENCE commits")
    raw.execute(limited)
    yield
    raw.execute(replacing)


def test_only_the_recorder_that_commits_fails_if_a_table_is_locked_for_too_long(postgresql: str, raw: Raw) -> None:
    """The batches stay, the next recorder appends them, and a retry finds its events there."""
    with EventLog.open(postgresql) as log:
        begin_run(log, "run.0")
    with first_commit_limited(raw), raw_connection(postgresql) as blocker, locked(postgresql, raw) as recorders:
        blocker.execute("BEGIN")
        blocker.execute("SELECT * FROM read_model FOR UPDATE")
        begun = [recorders.append(lambda log, n=n: begin_run(log, f"run.{n}")) for n in range(1, 4)]
        recorders.release()
        wait_until(lambda: any(each.done() for each in begun))
        blocker.execute("COMMIT")
        failed = [each for each in begun if each.exception(60) is not None]
    assert [type(each.exception()) for each in failed] == [StoreLocked]
    with EventLog.open(postgresql) as log:
        assert sorted(event.run_id for event in log.read()) == [f"run.{n}" for n in range(4)]
        begin_run(log, f"run.{begun.index(failed[0]) + 1}")
        assert log.verify().events == 4 and log.verify().fault is None
    assert raw.execute(PENDING).fetchone() == (0,)


def test_a_redaction_leaves_no_batch_that_a_recorder_left(postgresql: str, raw: Raw) -> None:
    """A batch stays in the table if the connection was ended while it waited."""
    with EventLog.open(postgresql) as log:
        log.append([record(1, run_id="run.1")])
        with locked(postgresql, raw) as recorders:
            left = recorders.append(lambda other: other.append([record(2, run_id="run.1")]))
            raw.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'advisory'")
            with pytest.raises(DatabaseUnavailable):
                left.result(60)
            assert raw.execute(PENDING).fetchone() == (1,)
            recorders.release()
        log.redact("run.1", [Observation("queue", 1)], redaction_records("run.1"))
        assert raw.execute(PENDING).fetchone() == (0,)


def test_a_role_whose_transactions_have_another_isolation_appends_under_the_lock(postgresql: str) -> None:
    """A snapshot from before the wait would not show the last position."""
    with EventLog.open(f"{postgresql}%20-cdefault_transaction_isolation%3Dserializable") as log:
        together = threading.Barrier(3)

        def append(run: str) -> None:
            together.wait(60)
            for seq in range(1, 11):
                log.append([record(seq, run_id=run)])

        threads = [threading.Thread(target=append, args=(f"run.{number}",)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [event.position for event in log.read()] == list(range(1, 31))
        assert log.verify().fault is None


@pytest.mark.parametrize("durability", ["off", "remote_apply"])
def test_a_recorder_with_another_synchronous_commit_commits_by_itself(
    postgresql: str, raw: Raw, durability: str
) -> None:
    """If it committed for others, or others for it, a commit would be less durable than its recorder asked for."""
    with locked(postgresql, raw) as recorders:
        usual = recorders.append(lambda log: log.append([record(1, run_id="usual")]))
        with EventLog.open(f"{postgresql}%20-csynchronous_commit%3D{durability}") as log:
            other = recorders.submit(log.append, [record(1, run_id="other")])
            assert raw.execute(PENDING).fetchone() == (1,)
            recorders.release()
            assert sorted([*usual.result(60), *other.result(60)]) == [1, 2]
    assert raw.execute("SELECT count(DISTINCT xmin::text) FROM event").fetchone() == (2,)


def test_a_recorder_in_a_group_keeps_the_durability_with_which_it_began(postgresql: str, raw: Raw) -> None:
    """A weaker setting that the server gets later would hold for the group, and so for those that asked for more."""
    raw.execute("CREATE TABLE noted (durability text)")
    raw.execute(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO noted VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$"
    )
    raw.execute("CREATE TRIGGER note AFTER INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION note()")
    with EventLog.open(postgresql) as log:
        log.append([record(1)])
        raw.execute("ALTER SYSTEM SET synchronous_commit = off")
        try:
            raw.execute("SELECT pg_reload_conf()")
            wait_until(lambda: raw.execute("SHOW synchronous_commit").fetchone() == ("off",))
            log.append([record(2)])
        finally:
            raw.execute("ALTER SYSTEM RESET synchronous_commit")
            raw.execute("SELECT pg_reload_conf()")
    assert raw.execute("SELECT durability FROM noted").fetchall() == [("on",), ("on",)]


def test_through_a_pooler_the_call_is_not_prepared(postgresql: str, raw: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next call may go to another session of the server, which does not have the statement."""
    raw.execute("CREATE TABLE noted (prepared bigint)")
    raw.execute(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO noted SELECT count(*) FROM pg_prepared_statements; RETURN NULL; END $$"
    )
    raw.execute("CREATE TRIGGER note AFTER INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION note()")
    with EventLog.open(postgresql) as log:
        assert log.append([record(1)]) == [1]
    monkeypatch.setattr(postgresql_connections, "_is_pooled", lambda connection: True)
    with EventLog.open(postgresql) as log:
        assert [log.append([record(seq)]) for seq in (2, 3)] == [[2], [3]]
    assert raw.execute("SELECT prepared FROM noted").fetchall() == [(1,), (0,), (0,)]


@pytest.mark.parametrize("number", [5, pytest.param(32, marks=pytest.mark.slow)])
def test_nothing_is_lost_or_doubled_if_recorders_and_the_server_are_killed(number: int) -> None:
    """What was confirmed is there once, at its position; a follower that saw a position sees nothing new before it."""
    batches, size = 40, 2
    with own_server(f"max_connections={number + 20}") as server, ExitStack() as stack:
        database = server.url()
        EventLog.open(database).close()
        recorders = {
            run: stack.enter_context(persistent_appender(database, run, batches, size))
            for run in (f"run.{each}" for each in range(number))
        }
        for recorder in recorders.values():
            recorder.wait_until_ready()
        done = threading.Event()
        seen: list[tuple[int, bytes]] = []
        with ThreadPoolExecutor(number + 1) as pool:
            follower = pool.submit(follow, database, seen, done)
            for recorder in recorders.values():
                recorder.go()
            acknowledged = {
                run: pool.submit(lambda each: [position for batch in each.acknowledged() for position in batch], each)
                for run, each in recorders.items()
            }
            wait_until(lambda: len(seen) >= number * size * batches // 4)
            recorders["run.0"].kill()
            wait_until(lambda: len(seen) >= number * size * batches // 2)
            server.kill()
            server.start()
            confirmed = {run: future.result(120) for run, future in acknowledged.items()}
            done.set()
            follower.result(60)
        with EventLog.open(database) as log:
            events = list(log.read())
            assert log.verify().fault is None
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    assert seen == [(event.position, event.hash) for event in events]
    for run, positions in confirmed.items():
        of_run = [event for event in events if event.run_id == run]
        assert [event.seq for event in of_run] == list(range(1, len(of_run) + 1))
        assert [event.position for event in of_run][: len(positions)] == positions
        assert run == "run.0" or len(positions) == batches * size


def follow(database: str, seen: list[tuple[int, bytes]], done: threading.Event) -> None:
    """Read what is new, again and again, also while the server is away; once more after the end."""
    while True:
        last = done.is_set()
        try:
            with EventLog.open(database, create=False) as log:
                while not last or done.is_set():
                    seen.extend((event.position, event.hash) for event in log.read(after=seen[-1][0] if seen else 0))
                    if last:
                        return
                    last = done.is_set()
        except StoreError:
            done.wait(0.1)
