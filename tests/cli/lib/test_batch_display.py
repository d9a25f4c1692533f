"""The display of a batch has a line for each audit that ends, and no text of a site can act on the terminal."""

from __future__ import annotations

import pytest

from veritas.batch.schedule import Target
from veritas.cli.lib.batch_display import BatchDisplay
from veritas.recording.run import RunOutcome


def target(number: int, name: str) -> Target:
    return Target.of(number, f"http://{name}.test/")


def show_some(display: BatchDisplay) -> None:
    """Show an audit that completes, one that fails, and twenty that run."""
    done, failed = target(1, "done"), target(2, "failed")
    display.started(done, "vrts_1")
    display.started(failed, "vrts_2")
    verdict = {"type": "audit_complete", "risk_level": "suspicious", "trust_score": 45, "duration": 3.0}
    display.progressed(done, {"phase": "complete", "label": "Complete", "detail": "", "pct": 100, **verdict})
    display.ended(done, RunOutcome("vrts_1.1", "completed"))
    display.ended(failed, RunOutcome("vrts_2.1", "failed", "'failed.test' \x1b[2Jrefuses the connection."))
    display.show_line("The log is available again.")
    for number in range(20):
        running = target(10 + number, f"running{number}")
        display.started(running, "vrts_3")
        message = {"type": "log_entry", "phase": "security", "label": "Security Audit", "detail": "", "pct": 27}
        display.progressed(running, message)


def test_in_a_pipe_every_audit_that_ends_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with BatchDisplay(40) as display:
        show_some(display)
        display.skipped(target(30, "private"), "Its robots.txt disallows it.")
        display.paused(target(31, "busy"), 30.0)
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.splitlines() == [
        "[ 1/40] suspicious 45  http://done.test/ (3.0 s)",
        "[ 2/40] failed  http://failed.test/: 'failed.test' \\x1b[2Jrefuses the connection.",
        "The log is available again.",
        "[ 3/40] skipped  http://private.test/: Its robots.txt disallows it.",
        "busy.test asks for 30.0 s without a visit.",
    ]
