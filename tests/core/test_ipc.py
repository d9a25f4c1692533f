"""The event queue behaves like an ordinary queue, in a process of its own, and the mode is chosen as documented."""

import contextlib
import json
import logging
import os
import pickle
import queue as standard_queue
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.processes import wait_until
from veritas.channels.queue_codec import CONTROL
from veritas.core.ipc import (
    IPC_MODE_QUEUE,
    IPC_MODE_STDOUT,
    IPC_MODE_VALIDATE,
    create_queue,
    deserialize_queue_from_env,
    determine_ipc_mode,
    get_rollout_percentage,
    safe_put,
    serialize_queue,
)
from veritas.errors import QueueUnavailable
from veritas.events.progress import ProgressEvent

LOGGER = logging.getLogger("tests.ipc")


@pytest.fixture(scope="module")
def shared():
    queue = create_queue()
    yield queue
    queue.close()


@pytest.fixture
def queue(shared):
    shared.get_many(timeout=0)
    return shared


@pytest.fixture
def small():
    queue = create_queue(maxsize=2)
    yield queue
    queue.close()


def environment(queue):
    address, key = serialize_queue(queue)
    return os.environ | {"AUDIT_QUEUE_ADDRESS": address, "AUDIT_QUEUE_KEY": key}


@pytest.mark.parametrize(
    "item",
    [
        ProgressEvent(phase="scout", step="x", pct=10, seq=1, data=b"\x00\xff", extra={"a": [1]}),
        None,
        "text",
        b"bytes",
        {"a": (1, 2.5, None), "b": {1, 2}},
        [True, 2**80],
    ],
)
def test_an_item_is_taken_as_it_was_put(queue, item):
    """A ProgressEvent or a plain value keeps its value and type."""
    queue.put(item)
    got = queue.get(timeout=20)
    assert got == item
    assert type(got) is type(item)


def test_it_behaves_like_a_queue(queue):
    """It is first in, first out; `empty`, `qsize`, `put_many` and `get_many` agree with that."""
    assert queue.empty()
    queue.put(1)
    assert queue.put_many([2, 3]) == 2
    assert queue.qsize() == 3
    assert queue.get_nowait() == 1
    assert queue.get_many() == [2, 3]
    assert queue.get_many(timeout=0) == []
    with pytest.raises(standard_queue.Empty):
        queue.get(timeout=0.01)


def test_an_instance_of_another_class_is_refused(queue):
    """The queue carries bytes, never classes."""
    with pytest.raises(TypeError, match="plain values"):
        queue.put(Path("/"))
    assert queue.empty()


def test_putting_into_a_full_queue_waits_until_the_timeout(small):
    """`put` and `put_many` respect the size and their timeouts."""
    assert small.put_many([1, 2, 3], timeout=0.01) == 2
    assert small.full()
    with pytest.raises(standard_queue.Full):
        small.put(4, timeout=0.01)


def test_a_blocked_put_continues_when_there_is_room(small):
    """A full queue causes backpressure, not loss."""
    small.put_many([1, 2])
    putting = threading.Thread(target=small.put_many, args=([3, 4, 5],))
    putting.start()
    got = [small.get(timeout=20) for _ in range(5)]
    putting.join()
    assert got == [1, 2, 3, 4, 5]


def test_another_program_connects_with_two_strings(queue):
    """Its events arrive unchanged, and it removes the strings from its environment."""
    program = [sys.executable, "-m", "tests.core.queue_client", "500"]
    subprocess.run(program, env=environment(queue), check=True, timeout=60)
    assert queue.get(timeout=20) == {"environment": []}
    events = queue.get_many(1000)
    assert [event.seq for event in events] == list(range(1, 501))
    assert [event.data for event in events] == [bytes([seq % 256]) for seq in range(1, 501)]


def test_without_the_strings_the_queue_is_none(monkeypatch):
    monkeypatch.delenv("AUDIT_QUEUE_ADDRESS", raising=False)
    assert deserialize_queue_from_env() is None


def test_a_wrong_key_is_refused_and_the_queue_goes_on_working(queue, monkeypatch):
    monkeypatch.setenv("AUDIT_QUEUE_ADDRESS", serialize_queue(queue)[0])
    monkeypatch.setenv("AUDIT_QUEUE_KEY", "00" * 32)
    with pytest.raises(QueueUnavailable, match="cannot be reached") as refused:
        deserialize_queue_from_env()
    assert refused.value.kind == "refused"
    queue.put(1)
    assert queue.get(timeout=20) == 1


def refusals(queue):
    """Return the refused connections that the manager reports to its consumer."""
    _, items = queue.get_packed(100, 1 << 20, timeout=10)
    return [json.loads(item[1:])["refused"] for item in items if item.startswith(CONTROL)]


@pytest.fixture
def client(queue):
    """A connection to the manager's socket that does not send the key."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(serialize_queue(queue)[0])
        yield client


def was_closed(client):
    """Wait until the manager closes the connection; return True."""
    with contextlib.suppress(ConnectionResetError):
        while client.recv(4096):
            pass
    return True


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64, b"\0\0\0\x14" + b"x" * 20, b"\x7f\xff\xff\xff"]
)
def test_a_connection_that_sends_garbage_is_closed_and_reported(queue, client, garbage):
    """The queue goes on working for the others."""
    client.sendall(garbage)
    assert was_closed(client)
    (refused,) = refusals(queue)
    assert "did not give the key" in refused["reason"]
    queue.put(1)
    assert queue.get(timeout=20) == 1


def test_a_connection_that_sends_nothing_is_closed_and_reported(queue, client):
    """It does not block other clients meanwhile."""
    queue.put(1)
    assert queue.get(timeout=20) == 1
    assert was_closed(client)
    (refused,) = refusals(queue)
    assert "within 3 s" in refused["reason"]


def test_repeated_attempts_to_connect_do_not_fill_the_queue(small):
    """The first twenty are reported, with their number; a queue of size two still has room for events."""
    for _ in range(30):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(serialize_queue(small)[0])
            client.sendall(b"\0\0\0\1x")
            was_closed(client)
    assert [refused["count"] for refused in refusals(small)] == list(range(1, 21))
    small.put(1, timeout=5)
    assert small.get(timeout=20) == 1


def test_a_manager_that_hangs_is_not_waited_for(small, monkeypatch):
    """It is stopped: it accepts connections, and answers nothing that is sent to it."""
    os.kill(small._manager.pid, signal.SIGSTOP)
    address, key = serialize_queue(small)
    monkeypatch.setenv("AUDIT_QUEUE_ADDRESS", address)
    monkeypatch.setenv("AUDIT_QUEUE_KEY", key)
    with pytest.raises(QueueUnavailable, match="does not answer") as unanswered:
        deserialize_queue_from_env()
    assert unanswered.value.kind == "not_reached"
    for size in (10, 5_000_000):  # the second does not fit into the socket's buffer
        with pytest.raises(TimeoutError, match="does not answer"):
            small.put_packed([b"V" + b"x" * size], 0)


def test_the_queue_can_be_passed_to_a_process_of_multiprocessing(queue):
    """Code written for an ordinary queue does that; the key is not pickled for anything else."""
    process = get_context("spawn").Process(target=emit, args=(queue, 3))
    process.start()
    process.join(60)
    assert [event.seq for event in queue.get_many()] == [1, 2, 3]
    with pytest.raises(TypeError, match="serialize_queue"):
        pickle.dumps(queue)


def emit(queue, count):
    for seq in range(1, count + 1):
        queue.put(ProgressEvent(seq=seq))


def test_an_address_without_a_queue_is_refused(monkeypatch, tmp_path):
    """The error is one sentence that has the address."""
    monkeypatch.setenv("AUDIT_QUEUE_ADDRESS", str(tmp_path / "nothing"))
    monkeypatch.setenv("AUDIT_QUEUE_KEY", "00" * 32)
    with pytest.raises(QueueUnavailable, match="nothing") as refused:
        deserialize_queue_from_env()
    assert refused.value.kind == "not_reached"


def test_a_key_that_is_not_hex_is_refused(monkeypatch, tmp_path):
    """It is refused before a connection is made."""
    monkeypatch.setenv("AUDIT_QUEUE_ADDRESS", str(tmp_path / "nothing"))
    monkeypatch.setenv("AUDIT_QUEUE_KEY", "a secret")
    with pytest.raises(QueueUnavailable, match="hex") as refused:
        deserialize_queue_from_env()
    assert refused.value.kind == "not_given"


def test_the_socket_is_private(queue):
    """It is in a directory that only its owner can enter."""
    directory = Path(serialize_queue(queue)[0]).parent
    assert directory.stat().st_mode & 0o777 == 0o700
    assert len(bytes.fromhex(serialize_queue(queue)[1])) == 32


def test_a_queue_is_made_where_the_path_of_the_temporary_directory_is_too_long_for_a_socket(monkeypatch, tmp_path):
    """A socket's path has 103 bytes on macOS, and 107 on Linux."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("x" * 120)))
    queue = create_queue()
    try:
        assert len(serialize_queue(queue)[0]) < 104
    finally:
        queue.close()


def test_closing_leaves_neither_process_nor_socket():
    queue = create_queue()
    directory = Path(serialize_queue(queue)[0]).parent
    queue.close()
    assert not directory.exists()
    with pytest.raises((OSError, EOFError)):
        queue.qsize()


def test_the_manager_dies_with_its_parent(tmp_path):
    """It does even if the parent is killed; no process and no socket is left."""
    program = (
        "import sys, time\n"
        "from veritas.core.ipc import create_queue, serialize_queue\n"
        "if __name__ == '__main__':\n"
        "    queue = create_queue()\n"
        "    print(queue._manager.pid, serialize_queue(queue)[0], flush=True)\n"
        "    time.sleep(60)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(program)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, address = parent.stdout.readline().split()
        assert Path(address).exists()
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not Path(address).parent.exists())
    wait_until(lambda: not Path(f"/proc/{pid}").exists())


def test_items_are_confirmed_by_get_or_explicitly(queue):
    """`get` confirms at once; items taken with `get_packed` are confirmed only by `confirm`."""
    _, number, confirmed = queue.put_packed([b"E{}", b"E{}"])
    assert confirmed < number
    last, items = queue.get_packed(10, 1000, 5)
    assert (last, len(items)) == (number, 2)
    assert queue.await_confirmed(number, 0) < number
    queue.confirm(number)
    assert queue.await_confirmed(number, 0) == number
    queue.put(1)
    queue.get()
    assert queue.await_confirmed(number + 1, 0) == number + 1


def test_safe_put_drops_the_oldest_item_with_a_warning(small, caplog):
    """The new event is put, and the warning names the dropped one."""
    small.put_many([ProgressEvent(seq=1, phase="a", step="b"), 2])
    assert safe_put(small, 3, LOGGER, timeout=0.01)
    assert small.get_many() == [2, 3]
    assert "dropped the oldest item, event 1 (a/b)" in caplog.text


def test_safe_put_on_a_closed_queue_returns_false(caplog):
    """It does not raise an error of the transport."""
    queue = create_queue()
    queue.close()
    assert not safe_put(queue, 1, LOGGER)
    assert "dropped 1" in caplog.text


@pytest.mark.parametrize(
    ("flags", "mode"),
    [
        ({"cli_use_queue_ipc": True, "cli_use_stdout": True}, IPC_MODE_QUEUE),
        ({"cli_use_stdout": True}, IPC_MODE_STDOUT),
        ({"cli_use_queue_ipc": True, "cli_validate_ipc": True}, IPC_MODE_VALIDATE),
    ],
)
def test_flags_decide_the_mode(flags, mode, monkeypatch):
    """A flag wins over the environment."""
    monkeypatch.setenv("QUEUE_IPC_MODE", "stdout" if mode != IPC_MODE_STDOUT else "queue")
    assert determine_ipc_mode(**flags) == mode


def test_the_environment_decides_without_flags(monkeypatch):
    """QUEUE_IPC_MODE decides, and without it the rollout's share."""
    monkeypatch.setenv("QUEUE_IPC_MODE", "fallback")
    assert determine_ipc_mode() == IPC_MODE_STDOUT
    monkeypatch.delenv("QUEUE_IPC_MODE")
    monkeypatch.setenv("QUEUE_IPC_ROLLOUT", "1.0")
    assert determine_ipc_mode() == IPC_MODE_QUEUE


def test_a_mode_that_does_not_exist_is_ignored_with_a_warning(monkeypatch, caplog):
    """The function then uses the rollout; the command line refuses such a mode."""
    monkeypatch.setenv("QUEUE_IPC_MODE", "foo")
    monkeypatch.setenv("QUEUE_IPC_ROLLOUT", "0")
    assert determine_ipc_mode() == IPC_MODE_STDOUT
    assert "'foo'" in caplog.text


@pytest.mark.parametrize(
    ("text", "share", "warned"),
    [
        (None, 0.10, False),
        ("0.5", 0.5, False),
        ("25", 1.0, True),
        ("-3", 0.0, True),
        ("x", 0.10, True),
        ("nan", 0.1, True),
    ],
)
def test_an_invalid_share_is_replaced_with_a_warning(text, share, warned, monkeypatch, caplog):
    """One out of range is clamped, one that is not a number becomes 10%; the warning has the value."""
    monkeypatch.delenv("QUEUE_IPC_ROLLOUT", raising=False)
    if text is not None:
        monkeypatch.setenv("QUEUE_IPC_ROLLOUT", text)
    assert get_rollout_percentage() == share
    assert (repr(text) in caplog.text) == warned


def test_a_script_without_a_main_guard_gets_an_error_with_the_remedy(tmp_path):
    """`multiprocessing` imports the script again in the manager's process, where it cannot create a second queue."""
    script = tmp_path / "unguarded.py"
    script.write_text("from veritas.core.ipc import create_queue\ncreate_queue()\n")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    *_, error = done.stderr.strip().splitlines()
    assert "cannot be created" in error
    assert "if __name__ == '__main__':" in error


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt of the console is not a signal there")
def test_an_interrupt_does_not_reach_a_manager_that_is_starting(tmp_path: Path) -> None:
    """A terminal sends it to all its processes; a manager that does not ignore it yet would end with a traceback."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os, signal\n"
        "if __name__ == '__mp_main__':\n"  # the manager, while it starts
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "if __name__ == '__main__':\n"
        "    from veritas.core.ipc import create_queue\n"
        "    queue = create_queue()\n"
        "    queue.put('through')\n"
        "    print(queue.get())\n"
        "    queue.close()\n"
        "    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.split(), done.stderr) == (["through", "False"], "")
