"""The connections of the queue's manager, on which nothing is unpickled.

A connection begins with a handshake, in which each end proves with a keyed hash (HMAC-SHA256) that it has the key, and
sends nothing else. After it, a client sends requests, `[object, method, arguments, {}]`, and the manager sends an
answer to each, `["#RETURN", result]` or `["#ERROR", [name, message]]`, in MessagePack. `METHODS` declares the types of
the arguments and results, and a message of another form is an error. A message is a length in four bytes, and as many
bytes.

`multiprocessing.managers` uses these connections for a manager with the serializer `SERIALIZER`.
"""

from __future__ import annotations

import hmac
import os
import secrets
import socket
import struct
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from multiprocessing import AuthenticationError, connection, managers
from multiprocessing.connection import Connection
from multiprocessing.managers import RemoteError
from queue import Empty, Full
from typing import Annotated, Any, NamedTuple

import msgspec

from veritas.channels.framing import MAX_LINE_BYTES

SERIALIZER = "veritas"

MAX_ITEM_BYTES = MAX_LINE_BYTES  # so that an event is not too long for one transport only
MAX_BATCH = 10_000  # items in one request
MAX_MESSAGE_BYTES = MAX_ITEM_BYTES + 1024 * 1024  # one item of any length, or a batch of small ones
HANDSHAKE_TIMEOUT = 3.0  # seconds in which a client that is alive proves that it has the key

_STALL = 10.0  # seconds without a byte in the middle of a message, after which the rest does not come
_MESSAGE_TIMEOUT = 60.0  # seconds in which the whole of a message arrives
_START = 64 * 1024  # bytes that are read of a message at first
_LENGTH = struct.Struct("!I")

# As in the handshake of multiprocessing, so that an older VERITAS, which uses that, answers it and can be recognised.
_CHALLENGE, _FAILURE = b"#CHALLENGE#", b"#FAILURE#"
_NONCE_BYTES = 20
_OLD_ANSWER = 16  # bytes: its HMAC-MD5
_PROOF_BYTES = 32
_MAX_HANDSHAKE_BYTES = 256


class Method(NamedTuple):
    """A method of the queue: the decoders of its arguments and of its result."""

    arguments: msgspec.msgpack.Decoder[tuple[Any, ...]]
    result: msgspec.msgpack.Decoder[Any]


def _method(arguments: Any, result: Any = None) -> Method:
    return Method(msgspec.msgpack.Decoder(arguments), msgspec.msgpack.Decoder(result))


_Items = Annotated[list[bytes], msgspec.Meta(max_length=MAX_BATCH)]

METHODS = {
    "put": _method(tuple[bytes, bool, float | None]),
    "get": _method(tuple[bool, float | None], bytes),
    "empty": _method(tuple[()], bool),
    "full": _method(tuple[()], bool),
    "qsize": _method(tuple[()], int),
    "put_packed": _method(tuple[_Items, float | None], tuple[int, int, int]),
    "get_packed": _method(tuple[int, int, float | None], tuple[int, list[bytes]]),
    "confirm": _method(tuple[int]),
    "await_confirmed": _method(tuple[int, float], int),
    "replace": _method(tuple[bytes, int]),
}

_ERRORS: dict[str, type[Exception]] = {"Full": Full, "Empty": Empty}

Reserve = Callable[[int], AbstractContextManager[None]]

_encode = msgspec.msgpack.Encoder().encode
_decode_request = msgspec.msgpack.Decoder(tuple[str | None, str, msgspec.Raw, dict[str, None]]).decode
_decode_answer = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw]).decode
_decode_error = msgspec.msgpack.Decoder(tuple[str, str]).decode


class QueueConnection:
    """A connection with messages of a declared form and a bounded length; it has the methods that managers call."""

    def __init__(self, inner: Connection, *, reserve: Reserve | None = None) -> None:
        """Use a connection of multiprocessing.

        Args:
            inner: The connection, whose own `recv`, which unpickles, is never called.
            reserve: Called with the length of each request; the request is received and answered in its context.
        """
        self._inner = inner
        self._reserve = reserve or (lambda size: nullcontext())
        self.fileno, self.poll = inner.fileno, inner.poll

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def abort(self) -> None:
        """End the connection while another thread reads from it, which then finds its end."""
        if os.name != "nt":
            with suppress(OSError), socket.socket(fileno=os.dup(self.fileno())) as same:
                same.shutdown(socket.SHUT_RDWR)

    def send(self, message: tuple[Any, ...], *, stalled: Callable[[], bool] = lambda: False) -> None:
        """Send a request or an answer.

        Args:
            message: The request or the answer.
            stalled: Called when a write on a socket with a time limit made no progress in that time; returns whether to
                go on.

        Raises:
            BlockingIOError: A write made no progress; the other end has not received the whole message.
            ValueError: It is longer than `MAX_MESSAGE_BYTES`.
            TypeError: It has a value that MessagePack does not have.
        """
        encoded = _encode(message)
        if len(encoded) > MAX_MESSAGE_BYTES:
            limit = f"at most {MAX_MESSAGE_BYTES:,} bytes"
            raise ValueError(f"A message of {len(encoded):,} bytes is too long; send {limit} at once.")
        if os.name == "nt":
            self._inner.send_bytes(encoded)
            return
        left = [memoryview(_LENGTH.pack(len(encoded))), memoryview(encoded)]
        while left:
            try:
                written = os.writev(self.fileno(), left)
            except BlockingIOError:
                if not stalled():
                    raise
                continue
            while left and written >= len(left[0]):
                written -= len(left.pop(0))
            if left:
                left[0] = left[0][written:]

    def recv(self) -> tuple[str, Any]:
        """Receive an answer: its kind, and the encoded result or the error.

        Raises:
            OSError: The connection broke, or what arrived is not an answer.
        """
        try:
            kind, content = _decode_answer(self._read_rest(*self._read_start(MAX_MESSAGE_BYTES)))
            if kind == "#RETURN":
                return kind, content
            name, message = _decode_error(content)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise OSError(f"what the queue's manager sent is not an answer: {error}") from None
        return "#ERROR", _ERRORS[name]() if name in _ERRORS else RemoteError(f"{name}: {message}")

    def serve(self, answer: Callable[[str, msgspec.Raw], tuple[Any, ...] | None]) -> None:
        """Receive a request, and send what *answer* returns for its method and arguments; send nothing for None.

        Raises:
            EOFError, ConnectionError: The client has ended.
            Exception: What arrived is not a request.
        """
        size, start = self._read_start(MAX_MESSAGE_BYTES)
        with self._reserve(size):
            message = self._read_rest(size, start)
            try:
                _, method, arguments, _ = _decode_request(message)
            except msgspec.MsgspecError as error:
                raise ValueError(f"what it sent is not a request: {error}") from None
            del message
            result = answer(method, arguments)
        if result is not None:
            self.send(result)

    def accept_client(self, *keys: bytes) -> bytes:
        """Take the manager's part in the handshake; return the one of *keys* that the client has.

        Raises:
            AuthenticationError: The client does not have the key, or is of an older VERITAS.
            TimeoutError: It does not answer in time.
            Exception: What it sent is not an answer.
        """
        challenge = _CHALLENGE + secrets.token_bytes(_NONCE_BYTES)
        self._inner.send_bytes(challenge)
        answer = self._receive_handshake(HANDSHAKE_TIMEOUT)
        nonce, proof = answer[:_NONCE_BYTES], answer[_NONCE_BYTES:]
        known = [key for key in keys if hmac.compare_digest(proof, _proof(key, b"client", challenge, nonce))]
        if not known:
            with suppress(OSError):
                self._inner.send_bytes(_FAILURE)
            if len(answer) == _OLD_ANSWER:
                raise AuthenticationError("it is of an older VERITAS, which sends pickles; install this version there")
            raise AuthenticationError("its proof is wrong")
        self._inner.send_bytes(_proof(known[0], b"manager", challenge, nonce))
        return known[0]

    def join_manager(self, key: bytes) -> None:
        """Take the client's part in the handshake.

        Raises:
            AuthenticationError: The manager does not have the key, does not accept ours, or is of an older VERITAS.
            OSError: It closed the connection, or does not answer.
        """
        challenge = self._receive_handshake(_STALL)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        self._inner.send_bytes(nonce + _proof(key, b"client", challenge, nonce))
        if not hmac.compare_digest(self._receive_handshake(_STALL), _proof(key, b"manager", challenge, nonce)):
            raise AuthenticationError("the queue's manager does not accept the key, or does not have it")

    def _receive_handshake(self, timeout: float) -> bytes:
        deadline = time.monotonic() + timeout
        size, start = self._read_start(_MAX_HANDSHAKE_BYTES, deadline)
        return bytes(self._read_rest(size, start, deadline))

    def _read_start(self, limit: int, deadline: float | None = None) -> tuple[int, bytes]:
        """Read the length of the next message and the bytes of it that have arrived; without a *deadline*, wait for it.

        Neither end sends anything before it has received the answer to its last message, so nothing else arrives.
        """
        if os.name == "nt":  # a named pipe has messages of its own
            self._await_data(deadline)
            message = self._inner.recv_bytes(limit)
            return len(message), message
        received = b""
        while len(received) < _LENGTH.size:
            received += self._read(_START, deadline)
            deadline = deadline or time.monotonic() + _MESSAGE_TIMEOUT
        (size,) = _LENGTH.unpack_from(received)
        start = received[_LENGTH.size :]
        if size > limit:
            raise ValueError(f"it announced a message of {size:,} bytes, and {limit:,} are allowed")
        if len(start) > size:
            raise ValueError("it sent more than one message at once")
        return size, start

    def _read_rest(self, size: int, start: bytes, deadline: float | None = None) -> bytes | bytearray:
        """Return a message of *size* bytes that begins with *start*."""
        done = len(start)
        if done == size:
            return start
        deadline = deadline or time.monotonic() + _MESSAGE_TIMEOUT
        message = bytearray(size)
        message[:done] = start
        with memoryview(message) as view:
            while done < size:
                self._await_data(deadline)
                number = os.readv(self.fileno(), [view[done:]])
                if not number:
                    raise EOFError
                done += number
        return message

    def _read(self, size: int, deadline: float | None) -> bytes:
        """Read between 1 and *size* bytes."""
        self._await_data(deadline)
        chunk = os.read(self.fileno(), size)
        if not chunk:
            raise EOFError
        return chunk

    def _await_data(self, deadline: float | None) -> None:
        """Wait until there is something to read.

        Raises:
            TimeoutError: The *deadline* has passed, or nothing arrived for `_STALL` seconds before it.
        """
        if deadline is not None and not self.poll(min(max(0.0, deadline - time.monotonic()), _STALL)):
            raise TimeoutError


class QueueListener(connection.Listener):
    """The listener of the manager; its connections have not made the handshake yet."""

    def accept(self, reserve: Reserve | None = None) -> QueueConnection:  # type: ignore[override]  # it has what is used
        """Wait for a client, and return the connection to it; see `QueueConnection` for *reserve*."""
        return QueueConnection(super().accept(), reserve=reserve)


def connect(address: str, authkey: bytes) -> QueueConnection:
    """Connect to the manager at *address*.

    Raises:
        OSError, EOFError, AuthenticationError: It cannot be reached, or one end does not have the key.
    """
    opened = QueueConnection(connection.Client(address))
    try:
        opened.join_manager(authkey)
    except BaseException:
        opened.close()
        raise
    return opened


def _proof(key: bytes, end: bytes, challenge: bytes, nonce: bytes) -> bytes:
    return hmac.digest(key, end + challenge + nonce, "sha256")


managers.listener_client[SERIALIZER] = (QueueListener, connect)  # type: ignore[attr-defined]  # typeshed leaves it out
