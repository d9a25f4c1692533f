"""The live display shows an audit's messages on stderr, and never disturbs the audit."""

from __future__ import annotations

import sys

import pytest

from tests.projections.recordings import Recording, whole_run
from veritas.cli.lib.live import LiveDisplay
from veritas.events.recorder_events import RunFinished
from veritas.projections.client_messages import ClientMessages
from veritas.projections.descriptions import message_line


def messages() -> list[dict[str, object]]:
    client = ClientMessages()
    return [message for recorded in whole_run().events for message in client.fold(recorded)]


def test_in_a_pipe_every_message_is_a_plain_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with LiveDisplay() as display:
        for message in messages():
            display.show(message)
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.splitlines() == [message_line(message) for message in messages()]
    assert "[ 27%] Security Audit: scanning" in output.err
    assert "[ 40%] Visual Intelligence: found (high) Countdown restarts: The countdown" in output.err
    assert "\x1b" not in output.err


def test_an_error_that_several_phases_have_is_shown_in_full_once(capsys: pytest.CaptureFixture[str]) -> None:
    """An unreachable site makes every phase fail; a sentence of a phase's own stays."""
    error, run = "The host 'shop.test' cannot be resolved.", Recording()
    run.child("scout", "error", seq=1, pct=10, detail=error)
    run.child("security", "error", seq=2, pct=27, detail=error)
    run.child("vision", "error", seq=3, pct=30, detail=f"No page could be examined. {error}")
    run.child("complete", "error", seq=4, pct=100, detail=error)
    run.recorder(RunFinished("failed", "queue", error=error))
    client = ClientMessages()
    with LiveDisplay() as display:
        for recorded in run.events:
            for message in client.fold(recorded):
                display.show(message)
    shown = capsys.readouterr().err
    assert shown.count(error) == 1
    assert "Security Audit: failed: the same error" in shown
    assert "Visual Intelligence: failed: No page could be examined.\n" in shown
    assert shown.splitlines()[-1].startswith("[100%] Audit: failed") and "Complete" not in shown


def test_a_closed_stderr_does_not_disturb_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def isatty(self) -> bool:
            return False

        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

        def flush(self) -> None:
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stderr", Closed())
    with LiveDisplay() as display:
        for message in messages():
            display.show(message)


def test_a_message_of_an_unknown_type_is_shown_by_its_detail() -> None:
    message = {"type": "new_kind", "label": "", "pct": 3, "detail": "\x1b[31m"}
    assert message_line(message) == r"[  3%] Event: \x1b[31m"
