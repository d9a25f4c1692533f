"""A worker that is started in one thread while the batch ends in another leaves no process behind."""

from __future__ import annotations

import pytest

from tests.processes import descendants
from veritas.batch.lazy_worker import LazyWorker
from veritas.errors import UsageError


def test_after_its_end_no_process_is_started() -> None:
    """The thread that prepares an audit may ask for one after the batch was cancelled."""
    before, worker = set(descendants()), LazyWorker()
    process = worker.process()
    assert worker.process() is process
    worker.close()
    with pytest.raises(UsageError, match="The batch has ended"):
        worker.process()
    assert not [each for each in descendants() if each not in before and each.lives]
