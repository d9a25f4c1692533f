"""The summary of a batch is computed from its stream and its runs, with as few queries as there can be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.batch.test_batch_log import created, shops
from tests.ci.runs import audit
from tests.cli.logs import write
from veritas.archive.archive import Archive
from veritas.batch.ids import audit_id_of
from veritas.batch.summary import summarize


def test_the_reasons_of_all_failures_are_read_at_once(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one by one, which takes minutes in a batch of many thousands; the last run of an audit counts."""
    batch = created(archive, shops(4)).batch
    for number in (1, 2, 3):
        run = {"audit_id": audit_id_of(batch, number), "batch": batch}
        write(archive, audit(number=number, status="failed", error=f"The host {number} is away.", **run))
    again = {"audit_id": audit_id_of(batch, 3), "batch": batch, "attempt": 2}
    write(archive, audit(number=4, status="interrupted", error="It was interrupted.", **again))
    reads: list[object] = []
    read = archive.log._pages

    def count_reads(*arguments: Any, **order: str) -> Any:
        reads.append(arguments)
        return read(*arguments, **order)

    monkeypatch.setattr(archive.log, "_pages", count_reads)
    audits = summarize(archive, batch).audits
    assert [(each.status, each.reason) for each in audits] == [
        ("failed", "The host 1 is away."),
        ("failed", "The host 2 is away."),
        ("interrupted", "It was interrupted."),
        ("waiting", None),
    ]
    assert len(reads) == 2  # the batch's stream, and the ends
