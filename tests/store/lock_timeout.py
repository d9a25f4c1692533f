"""A shorter limit to how long the procedure of the group commit waits for a lock: it is part of the log's schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from store.backends.base import LOCK_SECONDS
from store.group_commit import group_commit
from tests.store.raw import Raw


@contextmanager
def procedure_waits(raw: Raw, seconds: float) -> Iterator[None]:
    """Let the procedure wait *seconds* for a lock; its own limit is back afterwards."""
    *_, procedure = group_commit()
    replacing = procedure.replace("CREATE PROCEDURE", "CREATE OR REPLACE PROCEDURE")
    shorter = replacing.replace(f"'{LOCK_SECONDS}s'", f"'{seconds * 1000:.0f}ms'")
    assert shorter != replacing
    raw.execute(shorter)
    yield
    raw.execute(replacing)
