"""A log with a rollout, and a read model with rows of many runs under it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice

from store.log import EventLog, RunRow
from store.read_model.run_table import RunTable
from tests.benchmarks._log_work import NOW, new_run
from veritas.archive.archive import Archive
from veritas.rollout.history import Rollout
from veritas.rollout.ledger import Ledger
from veritas.rollout.plan import Plan

SHARE = 0.25
_DAYS = 30
_AT_ONCE = 10_000


def fill_with_runs(log: EventLog, runs: int, *, seed: int = 7, faulty: int = 0) -> Rollout:
    """Begin a rollout, and write the rows of many runs under it to the read model; the runs have no events.

    Args:
        log: An empty log.
        runs: The number of runs.
        seed: The seed of the random values.
        faulty: How many of the runs lost an event over the queue.
    """
    rollout = Ledger(Archive(log)).start(Plan.parse("25,100"), by="jane@desk", reason="measured")
    table, rows = RunTable(log._database), _rows(runs, random.Random(seed), faulty)
    while batch := list(islice(rows, _AT_ONCE)):
        with log._database.writing() as cursor:
            table.upsert(cursor, batch)
    return rollout


def _rows(runs: int, draw: random.Random, faulty: int) -> Iterator[RunRow]:
    for number in range(runs):
        run_id, at = new_run(), NOW + _DAYS * 86_400.0 * number / runs
        queue = draw.random() < SHARE
        mode = "queue" if queue else "stdout"
        lost = int(queue and faulty > 0)
        faulty -= lost
        fell_back = queue and draw.random() < 0.01
        p50 = draw.lognormvariate(-7, 0.5)
        yield RunRow(
            run_id=run_id,
            audit_id=run_id.removesuffix(".1"),
            position=2 + number * 60,
            url="https://shop.example/",
            tier="quick_scan",
            origin="audit",
            status="completed" if draw.random() < 0.97 else "failed",
            trust_score=44.0,
            risk_level="suspicious",
            mode="queue+stdout" if fell_back else mode,
            started_at=at,
            finished_at=at + draw.lognormvariate(1.5, 0.3),
            findings=3,
            command=None,
            configured=mode,
            reason="SPLIT",
            decided_by="queue-ipc",
            share=SHARE,
            share_origin="stage 25%",
            fell_back="broke" if fell_back else None,
            events=60,
            lost=lost,
            repeated=0,
            resent=0,
            mismatched=None,
            latency_p50=p50,
            latency_p95=p50 * 2,
            latency_p99=p50 * 4,
            queue_start=0.2 if queue else None,
            host="shop.example",
            page="shop.example/",
            batch=None,
            tags=None,
            kinds='{"countdown_resets":3}',
            failure=None,
            job=None,
            queue=None,
            worker=None,
            worker_host=None,
        )
