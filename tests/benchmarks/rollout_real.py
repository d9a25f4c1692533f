"""A real rollout: many short audits of the demo site in a real browser, over a queue that turns faulty halfway.

`python -m tests.benchmarks rollout_real [--audits N] [--db FILE] [--json]`

The ledger draws each audit's mode, and `veritas rollout gate --auto` runs after every ten audits, as a nightly job
would run it. In the first half the queue is sound, and after every ten audits one more is compared over both
transports. In the second half the queue loses an event now and then, without reporting it. Four promises are checked:
the gate does not roll back before an audit over the queue has lost an event; it does so after the first that has; every
later audit uses stdout and loses no event; and the log verifies.

Two hundred audits took twenty minutes on two cores. `--db` keeps the log, so that commands can be tried on it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.cli.invoking import Invoke, invoke_in
from tests.rollout.real import audit_all
from veritas.archive.archive import Archive
from veritas.cli.demo.server import serve_shops
from veritas.config import Settings
from veritas.core.mode_decision import decide
from veritas.recording.run import new_audit_id

BATCH = 10
STAGES = "half=50,all=100"
MARGIN = "margin=0.3"  # which a hundred audits can show; a margin of three points would take ten thousand


@dataclass(frozen=True)
class Night:
    """The gate's decision after a batch of audits.

    Attributes:
        audits: The number of audits so far, without those that were compared over both transports.
        faulty: Whether the queue was faulty in this batch.
        stage: The stage that drew the modes of this batch.
        queue: How many audits of this batch used the queue.
        stdout: How many audits of this batch used stdout.
        decision: The gate's decision, or None if the rollout had been rolled back before.
        reason: The reason of the decision.
    """

    audits: int
    faulty: bool
    stage: str
    queue: int
    stdout: int
    decision: str | None
    reason: str

    def __str__(self) -> str:
        transport = "faulty" if self.faulty else "sound"
        modes = f"{self.queue:2} queue, {self.stdout:2} stdout"
        return f"{self.audits:4} audits  {transport:7}{self.stage:8}{modes:22}{self.decision or '-':12}{self.reason}"


def main(argv: list[str]) -> int:
    """Carry out the rollout, and print each decision of the gate; the exit status is 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="rollout_real", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--audits", type=int, default=200, metavar="N", help="number of audits (default: %(default)s)")
    parser.add_argument("--db", type=Path, metavar="FILE", help="keep the log in this new file")
    parser.add_argument("--json", action="store_true", help="print everything as JSON at the end")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as directory:
        database = arguments.db or Path(directory, "veritas.db")
        nights = []
        for night in carry_out(database, arguments.audits):
            nights.append(night)
            if not arguments.json:
                print(night, flush=True)
        broken = list(broken_promises(nights, invoke_in(database)))
    if arguments.json:
        json.dump({"nights": [asdict(night) for night in nights], "broken": broken}, sys.stdout, indent=1)
        print()
    for promise in broken:
        print(promise, file=sys.stderr)
    return 1 if broken else 0


def carry_out(database: Path, audits: int) -> Iterator[Night]:
    """Carry out the rollout in a new log, and yield the gate's decision after every ten audits."""
    invoke = invoke_in(database)
    started = invoke("rollout", "start", "--stages", STAGES, "--reason", "the queue is to be tried", "--by", "jane")
    if started.status:
        raise SystemExit(started.stderr)
    with serve_shops() as shops, Archive.open(database) as archive:
        for done in range(0, audits, BATCH):
            faulty = done >= audits / 2
            audit_ids = [new_audit_id() for _ in range(min(BATCH, audits - done))]
            audit_all(archive, shops.honest, audit_ids, faulty=faulty)
            if not faulty:
                both = decide(Settings(), validate_ipc=True)
                audit_all(archive, shops.honest, [new_audit_id()], decision=both)
            explanations = [invoke("rollout", "explain", audit_id, "--format", "json").json for audit_id in audit_ids]
            modes = [each["mode"] for each in explanations]
            gate = invoke("rollout", "gate", "--auto", "--set", MARGIN, "--by", "nightly", "--format", "json")
            judged: dict[str, Any] = gate.json if gate.stdout else {"decision": None, "reason": gate.stderr.strip()}
            yield Night(
                done + len(modes),
                faulty,
                explanations[-1]["share_origin"].removeprefix("stage "),
                modes.count("queue"),
                modes.count("stdout"),
                judged["decision"],
                judged["reason"],
            )


def broken_promises(nights: Sequence[Night], invoke: Invoke) -> Iterator[str]:
    """Yield a sentence for each promise that was broken by the rollout in the log that *invoke* reads."""
    rollbacks = [number for number, night in enumerate(nights) if night.decision == "roll back"]
    faulty_uses = [number for number, night in enumerate(nights) if night.faulty and night.queue]
    if rollbacks != faulty_uses[:1]:
        yield f"The gate rolled back after nights {rollbacks}; the faulty queue was first used in {faulty_uses[:1]}."
    for number in rollbacks:
        if any(night.queue for night in nights[number + 1 :]):
            yield "An audit after the rollback got the queue."
    stages = invoke("rollout", "metrics", "--format", "json").json["stages"]
    if any(mode["lost"]["total"] for mode in stages[-1]["modes"]):
        yield f"Events were lost at the stage {stages[-1]['name']!r}, which has been in force since the rollback."
    if (verified := invoke("verify")).status:
        yield f"The log does not verify: {verified.stderr.strip()}"
