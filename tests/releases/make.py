"""Make the stored database of a release, and its expected output: `python -m tests.releases.make`.

Run it once, with the code of the release, when its schema is final. It writes `NUMBER.db.gz` and `NUMBER.json` into
this directory, which are never made again. Everything in the database is recorded as it is for a user: two real audits
of the demo's shops, one of them over both transports, an audit that failed after its queue had refused it, a recorded
program, an ingested log, and a run that has not ended. Only the screenshots are small: they show a corner.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from store.upgrade import HEAD
from tests.releases.showing import output_of
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.cli.demo.server import serve_shops
from veritas.core.mode_decision import Decision
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import ProcessStarted
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.ingest import ingest
from veritas.recording.recorder import RunRecorder
from veritas.recording.run import new_audit_id, request_event

HERE = Path(__file__).parent

SMALL_SHOTS = """
import sys
from playwright.async_api import Page
from veritas.recording.child import main

whole = Page.screenshot


async def corner(page, **options):
    return await whole(page, clip={"x": 0, "y": 0, "width": 24, "height": 16}, type="png", scale="css")


Page.screenshot = corner
sys.exit(main())
"""
TURNED_AWAY = """
import os, sys
from veritas.recording.child import main

os.environ["AUDIT_QUEUE_KEY"] = "0" * len(os.environ["AUDIT_QUEUE_KEY"])
print("##PROGRESS:{this is no JSON}", flush=True)
sys.stdout.buffer.write(b"not UTF-8: \\xff\\xfe\\n##PROGRESS:[1, 2]\\n")
sys.stdout.flush()
sys.exit(main())
"""
PROGRAM = """
import sys
print('##PROGRESS:{"phase": "scout", "step": "navigating", "pct": 10, "detail": "caf\\u00e9"}')
print("and some talk")
print('##PROGRESS:{"phase": "scout", "step": "done", "pct": 25, "colour": "red", "seq": 7}')
print("a warning", file=sys.stderr)
"""
CAPTURED = b"""starting\r
##PROGRESS:{"phase": "init", "step": "starting", "pct": 0, "timestamp": 1700000000.5}\r
##PROGRESS:{"phase": "judge", "step": "done", "pct": 90, "timestamp": 1700000003,\
 "summary": {"trust_score": 71.5, "risk_level": "probably_safe"}}
##PROGRESS:nothing
##PROGRESS:{"phase": "complete", "step": "done", "pct": 100, "timestamp": NaN, "detail": "\xc3\xa9nd\\u0000"}
"""


class PatchedRunner(AuditRunner):
    """An audit whose child first runs a program of these tests."""

    program = ""

    def _own_command(self, mode: str, scratch: str) -> list[str]:
        python, _, _, _, *arguments = super()._own_command(mode, scratch)
        return [python, "-P", "-c", self.program, *arguments]


def main() -> None:
    """Make both files."""
    with tempfile.TemporaryDirectory() as directory:
        database = Path(directory, "veritas.db")
        with Archive.open(database) as archive:
            fill(archive)
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("VACUUM")
        (HERE / f"{HEAD}.db.gz").write_bytes(gzip.compress(database.read_bytes(), mtime=0))
        expected = output_of(database)
    (HERE / f"{HEAD}.json").write_text(json.dumps(expected, indent=1, ensure_ascii=True) + "\n")


def fill(archive: Archive) -> None:
    """Record all runs."""
    first, ended, turned_away = new_audit_id(), new_audit_id(), new_audit_id()
    with serve_shops() as shops:
        audit(archive, first, shops.crooked, "validate", SMALL_SHOTS)
        begin(archive, new_audit_id())
        audit(archive, turned_away, "http://127.0.0.1:9/", "queue", TURNED_AWAY)
        audit(archive, ended, shops.honest, "queue", SMALL_SHOTS)
        audit(archive, ended, shops.honest, "stdout", SMALL_SHOTS)
    record(archive, new_audit_id(), [sys.executable, "-c", PROGRAM])
    ingest(archive, [CAPTURED[:100], CAPTURED[100:]], name="captured.log")


def audit(archive: Archive, audit_id: str, url: str, mode: str, program: str) -> None:
    """Run a real audit."""
    runner = PatchedRunner(audit_id, url, "quick_scan", archive=archive, decision=Decision(mode, "STATIC", f"--{mode}"))
    runner.program = program
    asyncio.run(runner.run(lambda message: None))


def record(archive: Archive, audit_id: str, command: list[str]) -> None:
    """Record a program."""
    decision = Decision("queue", "STATIC", "record")
    asyncio.run(
        AuditRunner(audit_id, None, None, archive=archive, decision=decision, command=command).run(lambda message: None)
    )


def begin(archive: Archive, audit_id: str) -> None:
    """Record the state of a run that has not ended: its child's numbers have a gap, and one event arrived twice."""
    recorder = RunRecorder(archive.log, f"{audit_id}.1")
    decision = Decision("queue", "STATIC", "--use-queue-ipc").event()
    recorder.note(request_event(audit_id, origin="audit", url="http://shop.test/", tier="deep_forensic"), decision)
    recorder.note(ProcessStarted(4711, ["python", "-m", "veritas.recording.child"]))
    steps = [(1, "init", "starting"), (2, "init", "done"), (2, "init", "done"), (5, "scout", "navigating")]
    for seq, phase, step in steps:
        event = ProgressEvent(phase=phase, step=step, seq=seq, timestamp=1_700_000_000 + seq)
        recorder.record([EventReceived("queue", encode_event(event))])


if __name__ == "__main__":
    main()
