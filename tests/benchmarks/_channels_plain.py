"""The baselines of the channels: a manager's ordinary queue, and SQLAlchemy's ORM, one event at a time."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tests.benchmarks._channels_child import put_one_by_one
from tests.benchmarks._files import temporary_path

RUN = "vrts_00000000000000aa.1"
ONE_BY_ONE = 3_000  # events


def plain_queue_rate() -> float:
    """Return how many events per second pass through a manager's ordinary queue."""
    with plain_queue() as get:
        started_at: float = get()["timestamp"]
        for _ in range(ONE_BY_ONE - 1):
            get()
        return ONE_BY_ONE / (time.time() - started_at)


def plain_queue_and_orm_rate() -> float:
    """Return how many events per second pass through a manager's ordinary queue and are stored with the ORM."""
    with temporary_path() as path, plain_queue() as get:
        engine = create_engine(f"sqlite:///{path}")
        event.listen(engine, "connect", _set_durable)
        _Base.metadata.create_all(engine)
        with Session(engine) as session:
            started_at = 0.0
            for _ in range(ONE_BY_ONE):
                wire = get()
                started_at = started_at or wire["timestamp"]
                session.add(_Row.of(wire))
                session.commit()
            rate = ONE_BY_ONE / (time.time() - started_at)
        engine.dispose()
        return rate


@contextmanager
def plain_queue() -> Iterator[Callable[[], dict[str, Any]]]:
    """Yield the `get` method of a manager's ordinary queue, into which a child process puts events."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Manager() as manager:
        queue = manager.Queue()
        process = spawn.Process(target=put_one_by_one, args=(queue, ONE_BY_ONE))
        process.start()
        yield queue.get
        process.join()


class _Base(DeclarativeBase):
    pass


class _Row(_Base):
    """An event with the log's columns, without its keys and guards."""

    __tablename__ = "event"

    position: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str]
    source: Mapped[str]
    seq: Mapped[int]
    type: Mapped[str]
    phase: Mapped[str]
    step: Mapped[str]
    emitted_at: Mapped[int]
    recorded_at: Mapped[int]
    schema_version: Mapped[int]
    artifact: Mapped[bytes | None]
    salt: Mapped[bytes]
    body: Mapped[bytes]
    body_hash: Mapped[bytes]
    hash: Mapped[bytes]

    @classmethod
    def of(cls, wire: dict[str, Any]) -> _Row:
        """Return an event's row, built with the standard library only; the hashes are placeholders."""
        return cls(
            run_id=RUN,
            source="queue",
            seq=wire["seq"],
            type=wire["type"],
            phase=wire["phase"],
            step=wire["step"],
            emitted_at=round(wire["timestamp"] * 1_000_000),
            recorded_at=time.time_ns() // 1000,
            schema_version=1,
            salt=bytes(16),
            body=json.dumps(wire).encode(),
            body_hash=bytes(32),
            hash=bytes(32),
        )


def _set_durable(connection: Any, record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
