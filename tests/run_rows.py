"""Rows of the read model `run` without events, for tests and measurements of many audits."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice

from store.log import EventLog, RunRow
from store.read_model.run_table import RunTable
from tests.store.making import record
from veritas.audit.verdict import INCONCLUSIVE, RISK_LEVELS
from veritas.projections.failure import FAILURE_KINDS
from veritas.projections.run_summary import summary_version
from veritas.projections.url_key import url_key

START = 1_790_000_000.0  # when the first audit was requested: seconds since the epoch
KINDS = ("countdown_resets", "false_scarcity", "hidden_cost", "preselected_extra", "missing_csp")
TAGS = ("eu", "shops", "team:red", "2026-11", 'quote"d')
HOSTS = 200
EVERY = 30.0  # seconds from one request to the next
_LEVELS = [*(level for level, _ in RISK_LEVELS), INCONCLUSIVE]
_AT_ONCE = 10_000


def run_rows(number: int, seed: int = 7) -> Iterator[RunRow]:
    """Yield rows of audits of some hosts: most completed, each with a few findings, in the order of their requests."""
    draw = random.Random(seed)
    for at in range(number):
        audit_id = f"vrts_{draw.getrandbits(64):016x}"
        host = draw.randrange(HOSTS)
        url = f"https://shop{host}.example{draw.choice(['', ':8443', ':8443'])}/{draw.choice(['', 'cart', 'cart?x=1'])}"
        status = draw.choices(["completed", "failed", "interrupted", "running"], [85, 8, 3, 4])[0]
        ended, judged = status != "running", status == "completed"
        kinds = {kind: draw.randint(1, 4) for kind in sorted(draw.sample(KINDS, draw.randint(0, 3)))} if judged else {}
        tags = draw.sample(TAGS, draw.randint(0, 2))
        started = START + EVERY * at
        worker = draw.randrange(8) if draw.random() < 0.5 else None
        page = url_key(url)
        yield RunRow(
            run_id=f"{audit_id}.1",
            audit_id=audit_id,
            position=1 + at * 60,
            url=url,
            tier="quick_scan",
            origin="audit" if draw.random() < 0.95 else "ingest",
            status=status,
            trust_score=float(draw.randint(0, 100)) if judged else None,
            risk_level=draw.choice(_LEVELS) if judged else None,
            mode="queue",
            started_at=started,
            finished_at=started + draw.lognormvariate(1.5, 0.4) if ended else None,
            findings=sum(kinds.values()),
            command=None,
            configured="queue",
            reason="STATIC",
            decided_by="--use-queue-ipc",
            share=None,
            share_origin=None,
            fell_back=None,
            events=60 if ended else None,
            lost=0 if ended else None,
            repeated=0 if ended else None,
            resent=0 if ended else None,
            mismatched=None,
            latency_p50=0.001,
            latency_p95=0.002,
            latency_p99=0.004,
            queue_start=0.2,
            host=page[0],
            page=page[1],
            batch=f"btch_{draw.randrange(20):016x}" if draw.random() < 0.5 else None,
            tags=json.dumps(tags, separators=(",", ":")) if tags else None,
            kinds=json.dumps(kinds, separators=(",", ":")) if kinds else None,
            failure=draw.choice(FAILURE_KINDS) if status == "failed" else None,
            job=None if worker is None else str(at),
            queue=None if worker is None else "default",
            worker=None if worker is None else f"worker-{worker}",
            worker_host=None if worker is None else f"machine-{worker // 2}.example",
        )


def fill(log: EventLog, number: int) -> None:
    """Write rows to the read model of a log, which counts as current as long as no event is appended."""
    log.append([record(1, run_id="log")])  # an empty log would have nothing to list
    table, rows = RunTable(log._database), run_rows(number)
    while batch := list(islice(rows, _AT_ONCE)):
        with log._database.writing() as cursor:
            table.upsert(cursor, batch)
    with log._database.writing() as cursor:
        table.set_state(cursor, summary_version(), log.head())
