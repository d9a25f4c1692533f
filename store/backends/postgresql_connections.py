"""Connections to PostgreSQL that end when the server or the network no longer answers.

A network that swallows packets, or a server that is stopped, closes no connection: without limits a client would wait
for ever, and a transaction of a client that is gone would hold the log's lock for hours. So there are limits at both
ends; those at the server are in `store.backends.postgresql`. What a URL sets itself is not changed.
"""

from __future__ import annotations

import select
import time
from collections.abc import Generator, Mapping
from typing import Any, TypeVar, cast

import psycopg
from psycopg.abc import PQGen
from sqlalchemy.exc import DisconnectionError

IDLE_SECONDS = 5.0  # after which a connection is asked whether it still works, before it is used again
ANSWER_SECONDS = 60.0  # without an answer to one exchange; twice as long as the server waits for the log's lock

_RV = TypeVar("_RV")

# For libpq. The kernel finds a lost peer in half a minute, whether data was sent (the user timeout) or not.
_CLIENT_LIMITS = {
    "connect_timeout": 10,  # seconds, for each host of the URL
    "keepalives_idle": 15,  # seconds
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that fails if the server does not answer.

    Attributes:
        answer_seconds: How long to wait for an answer; None without a limit, for statements that may take long.
        used_at: When it last got an answer, in seconds of the monotonic clock.
    """

    answer_seconds: float | None = None
    used_at = 0.0

    def wait(self, gen: PQGen[_RV], *args: Any, **kwargs: Any) -> _RV:
        """Consume a generator of libpq's calls; psycopg waits for every answer here."""
        if self.answer_seconds is not None:
            gen = _with_limit(gen, self.answer_seconds)
        answer = super().wait(gen, *args, **kwargs)
        self.used_at = time.monotonic()
        return answer


def connect(parameters: Mapping[str, Any]) -> BoundedConnection:
    """Connect with these parameters of libpq, and with limits for those that are missing."""
    connection = BoundedConnection.connect(**{**_CLIENT_LIMITS, **parameters})
    connection.answer_seconds = ANSWER_SECONDS
    if _is_pooled(connection):
        connection.prepare_threshold = None
    return connection


def _is_pooled(connection: BoundedConnection) -> bool:
    """Return whether a pooler such as PgBouncer is between: it gives its clients numbers of its own, not the server's.

    It may run the next transaction in another session of the server, which does not have the statements that this one
    has prepared.
    """
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    if not connection.autocommit:
        connection.rollback()
    return row is not None and row[0] != connection.info.backend_pid


def require_alive(connection: Any) -> None:
    """Check that an idle connection of the pool still works.

    Raises:
        DisconnectionError: It does not.
    """
    if not is_alive(cast(BoundedConnection, connection)):
        raise DisconnectionError


def is_alive(connection: BoundedConnection) -> bool:
    """Return whether an idle connection still works; a server that ends it has sent something.

    A query for each use would take as long as a short statement.
    """
    if time.monotonic() - connection.used_at < IDLE_SECONDS and not _has_input(connection):
        return True
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error:
        return False
    return True


def _has_input(connection: BoundedConnection) -> bool:
    poll = select.poll()  # a selector takes several times as long
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _with_limit(gen: PQGen[_RV], seconds: float) -> PQGen[_RV]:
    """Yield what *gen* yields, until it is still waiting after *seconds*; psycopg wakes it every tenth of a second."""
    deadline = time.monotonic() + seconds
    generator = cast(Generator[Any, Any, _RV], gen)
    try:
        state = next(generator)
        while True:
            ready = yield state
            if not ready and time.monotonic() > deadline:
                raise psycopg.OperationalError(f"the server gave no answer for {seconds:g} s")
            state = generator.send(ready)
    except StopIteration as end:
        value: _RV = end.value
        return value
