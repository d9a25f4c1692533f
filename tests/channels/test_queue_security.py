"""A stranger and a recorded program can send the queue anything: nothing is unpickled, and nobody is held up.

The manager, the sockets and the recorded programs are real. The pickles here would write a file.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import pickle
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import AuthenticationError, connection
from pathlib import Path
from queue import Empty, Full
from typing import Any

import msgspec
import pytest

from tests.benchmarks._channels_child import peak
from tests.processes import wait_until
from veritas.archive.archive import Archive
from veritas.channels.event_queue import EventQueue
from veritas.channels.queue import QueueReceiver
from veritas.channels.queue_client import QUEUE_ID, QueueProxy
from veritas.channels.queue_codec import CONTROL
from veritas.channels.queue_connection import (
    MAX_ITEM_BYTES,
    MAX_MESSAGE_BYTES,
    METHODS,
    QueueConnection,
    QueueListener,
    connect,
)
from veritas.config import child_environment
from veritas.core.ipc import create_queue, safe_put
from veritas.events.progress import ProgressEvent
from veritas.recording.child_run import SingleRun
from veritas.recording.recorder import RunRecorder
from veritas.recording.supervisor import Supervisor

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the tests use the socket itself")

RUN = "vrts_0000000000000001.1"
ROOT = Path(__file__).parents[2]


class Exploit:
    """An object whose pickle makes a directory when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.fixture(scope="module")
def shared() -> Iterator[QueueProxy]:
    queue = create_queue()
    yield queue
    queue.close()


@pytest.fixture
def queue(shared: QueueProxy) -> QueueProxy:
    shared.get_many(timeout=0)
    return shared


@pytest.fixture
def fresh() -> Iterator[QueueProxy]:
    """A queue that has not reported a refusal yet; after twenty it reports few."""
    queue = create_queue()
    yield queue
    queue.close()


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[Path]:
    """The path at which a pickle that is loaded leaves a trace; there is none at the end of the test."""
    path = tmp_path / "trace"
    yield path
    assert not path.exists()


@pytest.fixture
def exploit(trace: Path) -> bytes:
    """A pickle that leaves a trace; the test of the test is that it does."""
    pickled = pickle.dumps(Exploit(trace))
    pickle.loads(pickled)
    trace.rmdir()
    return pickled


def stranger(queue: QueueProxy) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(queue.address)
    return client


def frame(message: bytes) -> bytes:
    return struct.pack("!I", len(message)) + message


def was_closed(opened: QueueConnection | socket.socket) -> bool:
    """Read until the other end closes the connection; return True."""
    with contextlib.suppress(ConnectionResetError):
        while os.read(opened.fileno(), 4096):
            pass
    return True


def refusals(queue: QueueProxy) -> list[dict[str, Any]]:
    """Return the refusals that the manager has reported to its consumer, waiting for the first."""
    _, items = queue.get_packed(1000, 1 << 20, timeout=20)
    return [json.loads(item[1:])["refused"] for item in items if item.startswith(CONTROL)]


def works(queue: QueueProxy) -> bool:
    """Return whether an item goes through the queue, over a new connection."""
    with contextlib.closing(connect(queue.address, queue.key)) as opened:
        opened.send((QUEUE_ID, "put", (b"V1", True, 5.0), {}))
        assert opened.recv()[0] == "#RETURN"
    return bool(queue.get(timeout=20) == 1)


@pytest.mark.parametrize("frames", [frame, lambda message: message])
def test_a_strangers_pickle_is_not_loaded(queue: QueueProxy, exploit: bytes, frames: Callable[[bytes], bytes]) -> None:
    """It is sent in the place of the proof of the key; the connection is refused."""
    with stranger(queue) as client:
        client.sendall(frames(exploit))
        assert was_closed(client)
    (refused,) = refusals(queue)
    assert "did not give the key" in refused["reason"]
    assert works(queue)


def test_a_pickle_in_the_place_of_a_request_is_refused(queue: QueueProxy, exploit: bytes) -> None:
    """Its sender has the key, as a recorded program has."""
    for message in (exploit, pickle.dumps((QUEUE_ID, "put", (Exploit(Path("x")),), {}))):
        with contextlib.closing(connect(queue.address, queue.key)) as opened:
            os.write(opened.fileno(), frame(message))
            assert was_closed(opened)
        (refused,) = refusals(queue)
        assert "gave the key, but what it sent is not a request" in refused["reason"]
    assert works(queue)


@pytest.mark.parametrize("method", [*METHODS, "create", "get_methods", "debug_info", "#GETVALUE", "__reduce__", "x"])
def test_a_pickle_in_the_place_of_arguments_is_an_error(queue: QueueProxy, exploit: bytes, method: str) -> None:
    """It is for every method that the queue, a manager or an object has."""
    with contextlib.closing(connect(queue.address, queue.key)) as opened:
        for arguments in ([exploit], [[exploit]], [exploit, exploit], [msgspec.msgpack.Ext(1, exploit)] * 3):
            if method == "put_packed" and arguments == [[exploit]]:
                continue  # a list of bytes is what it takes: see the next tests
            opened.send((QUEUE_ID, method, arguments, {}))
            kind, error = opened.recv()
            assert kind == "#ERROR"
            assert isinstance(error, Exception)
    assert works(queue)


def test_a_pickle_that_is_put_as_an_item_is_not_loaded_by_the_consumer(queue: QueueProxy, exploit: bytes) -> None:
    """It is returned as bytes, or is an error; `put` packs the object itself, and refuses it."""
    with pytest.raises(TypeError, match="plain values"):
        queue.put(Exploit(Path("x")))
    for kind in (b"E", b"", b"X"):
        queue.put_packed([kind + exploit])
        assert queue.get(timeout=20) == (kind + exploit)[1:]
    queue.put_packed([b"V" + exploit])
    with pytest.raises(ValueError, match=r"utf-8|JSON|decode"):
        queue.get(timeout=20)


def test_the_pickles_of_a_recorded_program_are_recorded_and_not_loaded(trace: Path, tmp_path: Path) -> None:
    """It has the key and uses what it likes of it; each of its items is a rejected line, and its events are kept."""
    program = (
        "import os, pickle, struct, sys; from multiprocessing import connection; from pathlib import Path\n"
        "from tests.channels.test_queue_security import Exploit, frame\n"
        "from veritas.channels.queue_connection import connect\n"
        "from veritas.core.ipc import deserialize_queue_from_env\n"
        "address, key = os.environ['AUDIT_QUEUE_ADDRESS'], bytes.fromhex(os.environ['AUDIT_QUEUE_KEY'])\n"
        "queue, exploit = deserialize_queue_from_env(), pickle.dumps(Exploit(Path(sys.argv[1])))\n"
        "queue.put_packed([b'V' + exploit, b'E' + exploit, b'C' + exploit, exploit, b''])\n"
        "queue.put({'seq': 1})\n"
        "opened = connect(address, key)\n"
        "os.write(opened.fileno(), frame(exploit))\n"
        "os.read(opened.fileno(), 1)\n"
        "try: connection.Client(address, authkey=key)\n"  # as an older VERITAS does
        "except Exception as error: print(type(error).__name__)\n"
        "queue.put({'seq': 2})\n"
    )
    with Archive.open(tmp_path / "log.db") as archive:
        queue = create_queue()
        receiver = QueueReceiver(queue)
        environment = child_environment(ROOT, **receiver.environment)
        command = [sys.executable, "-c", program, str(trace)]
        recorder = RunRecorder(archive.log, RUN)
        child = SingleRun(command, environment=environment, ours=False)
        status = Supervisor(recorder, child, receiver=receiver).run()
        queue.close()
        events = [recorded.event for recorded in archive.events(RUN)]
        output = "".join(event.extra["text"] for event in events if event.type == "output_captured")
    assert (status, output) == (0, "AuthenticationError\n")
    assert recorder.numbers["queue"].last == 2
    assert len([event for event in events if event.type == "line_rejected"]) == 5
    reasons = [event.extra["reason"] for event in events if event.type == "connection_refused"]
    assert len(reasons) == 2
    assert "not a request" in reasons[0]
    assert "older VERITAS" in reasons[1]


def test_the_client_does_not_load_what_a_false_manager_answers(trace: Path, tmp_path: Path, exploit: bytes) -> None:
    """A recorded program has the key, and can put a socket of its own in the place of the manager's."""
    address, key = str(tmp_path / "q"), b"k" * 32
    answers = [exploit, msgspec.msgpack.encode(("#RETURN", exploit)), msgspec.msgpack.encode(("#ERROR", exploit))]
    with QueueListener(address) as listener:

        def answer() -> None:
            for message in answers * 2:
                opened = listener.accept()
                opened.accept_client(key)
                os.read(opened.fileno(), 4096)
                os.write(opened.fileno(), frame(message))
                opened.close()

        serving = threading.Thread(target=answer, daemon=True)
        serving.start()
        for method in ("qsize", "get_packed"):
            for _ in answers:
                proxy = QueueProxy(address, key)
                proxy.connect()
                with pytest.raises(OSError, match="not an answer"):
                    proxy.qsize() if method == "qsize" else proxy.get_packed(1, 1)
        serving.join(10)


def test_a_manager_without_the_key_is_not_believed(tmp_path: Path) -> None:
    """It accepts whatever proof the client sends, and has none of its own."""
    with QueueListener(str(tmp_path / "q")) as listener:

        def answer() -> None:
            opened = listener.accept()
            with contextlib.suppress(AuthenticationError):
                opened.accept_client(b"another key")
            opened.close()

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(AuthenticationError, match="does not accept the key"):
            connect(str(tmp_path / "q"), b"key")


def test_the_client_of_an_older_version_is_refused_with_the_remedy(queue: QueueProxy) -> None:
    """It has the key, answers the handshake of multiprocessing, and would send pickles after that."""
    with pytest.raises(AuthenticationError):
        connection.Client(queue.address, authkey=queue.key)
    (refused,) = refusals(queue)
    assert "older VERITAS" in refused["reason"]


def test_connections_that_send_nothing_keep_no_one_out(fresh: QueueProxy) -> None:
    """There are more of them than the manager keeps; the oldest are closed for the newest."""
    with contextlib.ExitStack() as opened:
        silent = [opened.enter_context(stranger(fresh)) for _ in range(200)]
        assert was_closed(silent[0])
        assert "did not give the key" in refusals(fresh)[0]["reason"]
        assert works(fresh)


def test_a_client_cannot_open_connections_without_end(fresh: QueueProxy) -> None:
    """Those past the maximum are closed; the parent's, which was there before, goes on working."""
    fresh.qsize()
    with contextlib.ExitStack() as opened:
        clients = [opened.enter_context(contextlib.closing(connect(fresh.address, fresh.key))) for _ in range(200)]
        assert was_closed(clients[-1])
        assert "other connections are open" in refusals(fresh)[0]["reason"]
        fresh.put(1)
        assert fresh.get(timeout=20) == 1


@pytest.mark.parametrize("has_key", [False, True])
@pytest.mark.parametrize("size", [MAX_MESSAGE_BYTES + 1, 1 << 30, (1 << 32) - 1])
def test_a_message_that_is_too_long_is_not_received(queue: QueueProxy, has_key: bool, size: int) -> None:
    """Its length is enough to refuse it, and the manager's memory does not grow."""
    before = peak(queue._manager.pid)
    opened = connect(queue.address, queue.key) if has_key else stranger(queue)
    with contextlib.closing(opened), contextlib.suppress(BrokenPipeError, ConnectionResetError):
        os.write(opened.fileno(), struct.pack("!I", size) + bytes(10_000))
        assert was_closed(opened)
    (refused,) = refusals(queue)
    assert f"{size:,} bytes" in refused["reason"]
    assert peak(queue._manager.pid) - before < 10


def test_half_of_a_message_holds_no_one_up(fresh: QueueProxy) -> None:
    """Not even as many large ones as the manager receives at once: the requests of others are answered meanwhile."""
    with contextlib.ExitStack() as opened:
        for _ in range(8):
            client = opened.enter_context(contextlib.closing(connect(fresh.address, fresh.key)))
            os.write(client.fileno(), struct.pack("!I", MAX_ITEM_BYTES) + bytes(1000))
        drip = opened.enter_context(stranger(fresh))
        drip.sendall(b"\0\0")
        assert works(fresh)
    assert any("did not give the key" in item["reason"] for item in refusals(fresh))


def test_the_items_in_a_queue_have_a_limit_in_bytes() -> None:
    """A queue that is full in that sense takes items again when others were taken out."""
    queue, item = EventQueue(1000), b"E" + bytes(MAX_ITEM_BYTES - 1)
    while queue.put_packed([item], 0)[0]:
        pass
    assert queue.qsize() < 20
    assert queue.full()
    with pytest.raises(Full):
        queue.put(b"E", timeout=0)
    queue.get()
    queue.put(b"E", timeout=0)
    assert not EventQueue(0).full()
    with pytest.raises(Empty):
        EventQueue(0).get(timeout=0.01)


def test_the_largest_item_goes_through_and_a_larger_one_is_refused_with_a_record(
    queue: QueueProxy, caplog: pytest.LogCaptureFixture
) -> None:
    """`put` raises an error that has the limit; `safe_put` warns; the recorder is told the item's length and hash."""
    largest = "x" * (MAX_ITEM_BYTES - 3)
    queue.put(largest, timeout=20)
    assert queue.get(timeout=20) == largest
    with pytest.raises(ValueError, match=f"at most {MAX_ITEM_BYTES:,}"):
        queue.put(largest + "x")
    assert not safe_put(queue, ProgressEvent(seq=7, detail=largest), logging.getLogger("tests"))
    assert "does not take event 7" in caplog.text
    _, reports = queue.get_packed(2, 1 << 20, 5)
    assert json.loads(reports[0][1:])["too_long"]["size"] == MAX_ITEM_BYTES
    wait_until(queue.empty)
