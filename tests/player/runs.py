"""A recorded run with all that the player shows: screenshots, findings on them, requests, checks, and hostile text."""

from __future__ import annotations

import hashlib
import io

from PIL import Image

from tests.projections.recordings import FINDING, START, VERDICT, Recording, requested, selected
from veritas.events.recorder_events import IpcFellBack, OutputCaptured, ProcessStarted, RunFinished

HOSTILE = (
    "<img src=x onerror='window.ran = 1'></script><script>window.ran = 1</script>\"'><!--<script>"
    "</title></style>{{ 7 * 7 }}\u202egnp.exe\x1b[2J"
)


def picture(colour: str) -> bytes:
    """Return a PNG of 400 x 300 pixels in one colour."""
    file = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(file, "png")
    return file.getvalue()


def run_to_play() -> Recording:
    """Return a run with hostile text in everything that a page or a program can write."""
    run, pictures = Recording(), [picture("white"), picture("teal")]
    rect = {"x": 40, "y": 30, "width": 100, "height": 60}
    evidence = {
        "screenshot": hashlib.sha256(pictures[0]).hexdigest(),
        "rect": rect,
        "text": HOSTILE,
        "__proto__": {"a": 1},
    }
    request = {"url": f"http://shop.test/{HOSTILE}", "method": "GET", "status": 200, "mime_type": HOSTILE}
    timing = {"startTime": (START + 1) * 1000, "requestStart": 5, "responseStart": 80, "responseEnd": 95}
    run.recorder(requested(url=f"http://shop.test/?{HOSTILE}"), at=START)
    run.recorder(selected("queue"), at=START)
    run.recorder(ProcessStarted(pid=4711, command=["python", HOSTILE]), at=START)
    run.child("init", "starting", seq=1, at=START + 0.2)
    run.child("scout", "navigating", seq=2, pct=10, detail=HOSTILE)
    shot = {"url": HOSTILE, "kind": HOSTILE}
    run.child("scout", "screenshot", seq=3, pct=15, type="screenshot", data=pictures[0], extra=shot)
    page = {"url": f"http://shop.test/{HOSTILE}", "title": HOSTILE, "status": 200}
    requests = [request | {"timing": timing}, request | {"timing": timing | {"startTime": (START + 1.1) * 1000}}]
    run.child("scout", "page_loaded", seq=4, pct=20, summary=page | {"requests": requests})
    run.child("scout", "screenshot", seq=5, pct=22, type="screenshot", data=pictures[1], extra=shot)
    checks = [{"test": HOSTILE, "passed": False, "detail": HOSTILE, "modifier": -5}, {"test": "csp", "passed": True}]
    unknown = {"unknown": [{"test": "redirection", "reason": "one scheme", "applies": False}]}
    run.child("security", "done", seq=6, pct=30, summary={"score": 71.5, "grade": "C", "checks": checks} | unknown)
    run.child("vision", "finding", seq=7, pct=40, type="finding", extra={"finding": FINDING | {"evidence": evidence}})
    run.child("vision", "finding", seq=8, type="finding", extra={"finding": {"title": HOSTILE, "severity": HOSTILE}})
    run.recorder(IpcFellBack("queue", "stdout", "broke", HOSTILE, last_confirmed=8, sent_again=1))
    run.child(
        "vision",
        "finding",
        seq=8,
        source="stdout",
        type="finding",
        extra={"finding": {"title": HOSTILE, "severity": HOSTILE}},
    )
    for number in range(4):
        run.recorder(OutputCaptured("stderr", f"{number} {HOSTILE}\n" * 3, 0))
    run.child(HOSTILE, HOSTILE, seq=9, source="stdout", detail="x" * 1_000)
    run.child(
        "judge", "done", seq=10, source="stdout", pct=90, summary=VERDICT | {"narrative": HOSTILE, "big": 2**60 + 1}
    )
    run.recorder(RunFinished("completed", "queue+stdout"), at=START + 9)
    return run
