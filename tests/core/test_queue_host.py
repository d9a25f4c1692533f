"""Each run has a queue of its own in one process, and nothing of one run reaches the next."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from multiprocessing import AuthenticationError

import pytest

from tests.processes import wait_until
from veritas.channels.queue_client import QueueProxy
from veritas.channels.queue_server import QueueManager
from veritas.core.queue_host import QueueHost


@pytest.fixture
def host() -> Iterator[QueueHost]:
    host = QueueHost()
    yield host
    host.close()


def client_of(queue: QueueProxy) -> QueueProxy:
    """Return the proxy that another process would have."""
    return QueueProxy(queue.address, queue.key)


def pid_of(host: QueueHost) -> int:
    manager = host._manager
    assert isinstance(manager, QueueManager)
    return manager.pid


def test_the_queues_of_two_runs_are_in_one_process_with_two_keys(host: QueueHost) -> None:
    """What was left in the first is not in the second."""
    first = host.open()
    client_of(first).put({"run": 1})
    pid = pid_of(host)
    first.close()
    second = host.open()
    assert (pid_of(host), second.address) == (pid, first.address)
    assert second.key != first.key
    assert second.empty()


def test_a_late_item_of_one_run_does_not_reach_the_next(host: QueueHost) -> None:
    """Neither over a connection that was open before, nor with the key of the run before."""
    first = host.open()
    late = client_of(first)
    late.put({"run": 1})
    first.close()
    second = host.open()
    with pytest.raises((OSError, EOFError)):
        late.put({"run": 1})
    with pytest.raises(AuthenticationError):
        late.connect()
    client_of(second).put({"run": 2})
    items = [item for item in second.get_many() if isinstance(item, dict)]
    assert items == [{"run": 2}]


def test_a_call_that_waits_ends_with_its_run(host: QueueHost) -> None:
    """No thread waits in the process for ever."""
    first = host.open()
    ended: list[BaseException] = []

    def wait_for_item() -> None:
        try:
            client_of(first).get()
        except BaseException as error:
            ended.append(error)

    waiting = threading.Thread(target=wait_for_item, daemon=True)
    waiting.start()
    first.close()
    waiting.join(30)
    assert len(ended) == 1
    assert isinstance(ended[0], OSError | EOFError | AuthenticationError)


def test_a_run_cannot_replace_the_queue(host: QueueHost) -> None:
    """Its child has its own key, and not that of the process."""
    queue = host.open()
    with pytest.raises(Exception, match="only who started the manager"):
        client_of(queue).replace(b"k" * 32, 1)
    client_of(queue).put({"run": 1})
    assert queue.get() == {"run": 1}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_has_ended_or_hangs_is_replaced(host: QueueHost, number: signal.Signals) -> None:
    """The next run gets a queue of a new one."""
    host.open().close()
    pid = pid_of(host)
    os.kill(pid, number)
    queue = host.open()
    assert pid_of(host) != pid
    client_of(queue).put({"run": 2})
    assert queue.get() == {"run": 2}
    wait_until(lambda: not _lives(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
