"""Rows of the fault matrix for a log in PostgreSQL: the server or the connection goes away while a run is recorded.

Every case is a real server, a real recording process and a real child. The usual run has the kinds of faults; the other
cases are slow.
"""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from store.backends.postgresql import LOCK_KEY
from tests.faults.commit_proxy import AFTER, BEFORE, FORWARD, SWALLOW, CommitProxy
from tests.faults.fault import Fault
from tests.faults.running import Result, Run
from tests.own_postgresql import OwnServer, own_server
from tests.processes import wait_until
from veritas.events.recorder_events import ProcessExited, RecordingDelayed

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")

BURST = Fault(burst=400, wait_every=20)  # about twenty commits
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """A server for the tests of this module, which may kill it and start it again."""
    with own_server() as running:
        yield running


@pytest.fixture
def schema(server: OwnServer) -> str:
    """The name of an empty schema on it."""
    name = f"log_{next(_numbers)}"
    with server.connect() as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return name


def record(
    directory: Path,
    server: OwnServer,
    schema: str,
    action: Callable[[], str],
    *options: str,
    mode: str = "queue",
    at: int = 8,
    then: Callable[[], None] = lambda: None,
) -> Result:
    """Record a run over a proxy that acts at a commit, and do *then* when the recording process has ended."""
    search_path = f"-csearch_path%3D{schema}"
    proxy = CommitProxy(server.port, at, action)
    try:
        database, log = (server.url(port, options=search_path) for port in (proxy.port, server.port))
        run = Run(directory, mode, BURST, *options, database=database, log=log)
        wait_until(lambda: not run.running, 90)
        then()
        result = run.end()
    finally:
        proxy.close()
    assert proxy.acted.is_set() or proxy.commits < at
    return result


def check(result: Result) -> RecordingDelayed:
    """Check what holds for all, and return the event of the outage."""
    assert not result.damaged
    assert not result.left
    (exited,) = result.own("process_exited")
    assert isinstance(exited, ProcessExited)
    sent = result.account.sent
    assert exited.emitted == result.account.closed == sent
    for source in ("queue", "stdout"):
        assert result.numbers(source) in ([], list(range(1, sent + 1))), "in order, each once, and all of them"
    assert result.recorded == set(range(1, sent + 1))
    own = result.numbers("recorder")
    assert own == list(range(1, len(own) + 1))
    assert not result.own("ipc_fell_back")
    assert result.state.status == "completed"
    (delay,) = result.own("recording_delayed")
    assert isinstance(delay, RecordingDelayed)
    return delay


def test_a_connection_cut_before_a_commit_loses_nothing(tmp_path: Path, server: OwnServer, schema: str) -> None:
    result = record(tmp_path, server, schema, lambda: BEFORE)
    assert check(result).kind == "unavailable"
    assert result.report["status"] == "completed"
    assert len(result.report["said"]) == 2


def test_a_commit_whose_answer_is_lost_is_not_repeated(tmp_path: Path, server: OwnServer, schema: str) -> None:
    """The server has committed, and the recorder cannot know it; the retry finds the events there."""
    result = record(tmp_path, server, schema, lambda: AFTER, mode="stdout", at=2)
    assert check(result).attempts == 1
    assert result.report["status"] == "completed"


def test_a_server_that_is_killed_and_started_again_loses_nothing(
    tmp_path: Path, server: OwnServer, schema: str
) -> None:
    def restart() -> str:
        server.kill()
        server.start()
        return FORWARD

    result = record(tmp_path, server, schema, restart)
    assert check(result).kind == "unavailable"
    assert result.report["status"] == "completed"


def test_a_server_that_stays_away_leaves_the_rest_in_a_file(tmp_path: Path, server: OwnServer, schema: str) -> None:
    """The audit goes on to its end, and the file completes its run in the log.

    Its transports were not compared, because the log did not have all that they delivered.
    """

    def kill() -> str:
        server.kill()
        return BEFORE

    result = record(tmp_path, server, schema, kill, "--database-timeout", "0.5", mode="validate", then=server.start)
    delay = check(result)
    assert delay.spooled
    assert result.spools == 1
    assert "RunSpooled" in result.report["raised"] and "veritas ingest" in result.report["raised"]
    assert len(result.own("spool_ingested")) == 1
    assert result.state.comparison is not None and "cannot be compared" in (result.state.comparison.error or "")


def terminate(server: OwnServer) -> str:
    with server.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    return BEFORE


def shut_down(server: OwnServer) -> str:
    server.stop(signal.SIGINT)
    threading.Timer(2.0, server.start).start()
    return FORWARD


def use_all_connections(server: OwnServer) -> str:
    """Take every connection that is left, for three seconds."""
    taken = []
    with contextlib.suppress(Exception):
        while True:
            taken.append(server.connect())
    terminated = taken[0]
    terminated.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '' AND pid <> ALL(%s)",
        [[each.info.backend_pid for each in taken]],
    )
    with contextlib.suppress(Exception):
        while True:
            taken.append(server.connect())
    threading.Timer(3.0, lambda: [each.close() for each in taken]).start()
    return BEFORE


def swallow(server: OwnServer) -> str:
    return SWALLOW


def freeze(server: OwnServer) -> str:
    server.freeze()
    threading.Timer(4.0, lambda: server.freeze(signal.SIGCONT)).start()
    return FORWARD


def lock(server: OwnServer) -> str:
    """Hold the log's lock for longer than a writer waits for it; it is taken when the present commit is over."""

    def hold() -> None:
        with server.connect() as connection:
            connection.execute(f"SELECT pg_advisory_lock({LOCK_KEY})")
            time.sleep(45)  # the fault itself

    threading.Thread(target=hold).start()
    return FORWARD


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["queue", "stdout", "validate"])
@pytest.mark.parametrize("action", [terminate, shut_down, use_all_connections, swallow, freeze])
def test_what_passes_is_waited_for(
    tmp_path: Path, server: OwnServer, schema: str, action: Callable[[OwnServer], str], mode: str
) -> None:
    result = record(tmp_path, server, schema, lambda: action(server), "--answer-seconds", "2", mode=mode, at=4)
    assert check(result).kind == "unavailable"
    assert result.report["status"] == "completed"


@pytest.mark.slow
def test_a_lock_of_45_seconds_is_waited_for(tmp_path: Path, server: OwnServer, schema: str) -> None:
    result = record(tmp_path, server, schema, lambda: lock(server))
    assert check(result).kind == "locked"
    assert result.report["status"] == "completed"


@pytest.mark.slow
@pytest.mark.parametrize("answer", [BEFORE, AFTER])
@pytest.mark.parametrize("at", range(2, 24))
def test_no_commit_is_special(tmp_path: Path, server: OwnServer, schema: str, at: int, answer: str) -> None:
    """The connection is cut at each of the run's commits, before and after the server has it."""
    result = record(tmp_path, server, schema, lambda: answer, at=at, mode="stdout" if at % 2 else "queue")
    assert not result.damaged
    assert result.report["status"] == "completed"
    assert result.recorded == set(range(1, result.account.sent + 1))


@pytest.mark.slow
def test_two_recorders_follow_a_failover(tmp_path: Path) -> None:
    """The primary is killed, and the standby is promoted; both runs are complete there, and the log verifies."""
    with own_server("synchronous_commit=remote_apply", "synchronous_standby_names=*") as primary:
        primary_data = primary.directory
        standby = primary.make_standby(primary_data.parent / "standby")
        standby.start()
        try:
            ports = f"{primary.port},{standby.port}"
            database = (
                f"postgresql://postgres@/postgres?host=127.0.0.1,127.0.0.1&port={ports}"
                "&target_session_attrs=read-write&connect_timeout=2"
            )
            directories = [tmp_path / name for name in ("one", "two")]
            for directory in directories:
                directory.mkdir()
            runs = [
                Run(
                    directory,
                    "queue",
                    replace(BURST, burst=1500),
                    "--slowness",
                    "0.01",
                    database=database,
                    log=database,
                )
                for directory in directories
            ]
            wait_until(lambda: all(_events_of(primary, run) > 50 for run in runs), 60)
            primary.kill()
            time.sleep(3)  # the fault itself: no server can be written to
            standby.promote()
            results = [run.end() for run in runs]
        finally:
            standby.kill()
    for result in results:
        check(result)
        assert result.report["status"] == "completed"


def _events_of(server: OwnServer, run: Run) -> int:
    with server.connect() as connection:
        row = connection.execute("SELECT count(*) FROM event WHERE run_id = %s", [run.run_id]).fetchone()
    return int(row[0]) if row else 0
