"""`veritas redact` erases one event after a confirmation, and every command shows that it was erased."""

from __future__ import annotations

import getpass
import os
import pty
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, HOSTILE, RUNNING, TEE, write_all

WHY = ("--reason", "a card number", "--by", "jane@desk", "--yes")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A log for one test, because these tests write to it."""
    database = tmp_path / "veritas.db"
    write_all(database)
    return database


@pytest.fixture
def invoke(place: Path) -> Invoke:
    return invoke_in(place)


def test_an_event_is_redacted_from_both_transports(invoke: Invoke) -> None:
    outcome = invoke("redact", TEE, "9", *WHY)
    assert (outcome.status, outcome.stdout) == (0, f"Redacted event 9 of run {TEE}.1 from queue and stdout.\n")
    assert "will no longer show this finding" in outcome.stderr
    assert "copies made before still contain it" in outcome.stderr
    assert invoke("verify").status == 0


def test_a_redacted_event_is_shown_as_redacted(invoke: Invoke) -> None:
    """By `events`, `show` and `replay`, as text and as JSON; none shows the event's content."""
    invoke("redact", TEE, "9", *WHY)
    redacted = "(redacted by jane@desk on "
    rows = [row for row in invoke("events", TEE).rows if row["seq"] == "9"]
    assert [row["detail"][: len(redacted)] for row in rows] == [redacted, redacted]
    assert [row["phase/step"] for row in rows] == ["vision/finding"] * 2
    listed = invoke("events", TEE, "--format", "json").json
    assert [event["redacted"] for event in listed if event["seq"] == 8] == [None, None]
    (one, two) = (event for event in listed if event["seq"] == 9 and event["source"] != "recorder")
    assert one["redacted"] == two["redacted"] and set(one["redacted"]) == {"by", "reason", "at"}

    shown = invoke("show", TEE).stdout
    assert "Redactions\nevent\tsource\tby\tat\treason\n9\tqueue\tjane@desk\t" in shown
    state = invoke("show", TEE, "--json").json
    assert [each["observation"] for each in state["redactions"]] == [
        {"source": "queue", "seq": 9},
        {"source": "stdout", "seq": 9},
    ]
    replayed = invoke("replay", TEE, "--no-wait")
    assert redacted in replayed.stdout
    assert "observation_redacted: event 9 over queue, by jane@desk: a card number" in replayed.stdout
    lines = invoke("replay", TEE, "--no-wait", "--format", "jsonl").stdout
    assert lines.count('"redacted":{"by":"jane@desk"') == 1
    for text in (shown, replayed.stdout, lines, str(listed), str(state)):
        assert "The countdown shows 05:00 again" not in text


def test_an_audit_whose_request_was_redacted_is_still_listed(invoke: Invoke) -> None:
    outcome = invoke("redact", RUNNING, "1", "--source", "recorder", *WHY)
    assert "will no longer show the request" in outcome.stderr
    assert RUNNING in invoke("list").stdout
    assert invoke("show", RUNNING).status == 0
    assert "audit_requested: (redacted by jane@desk" in invoke("replay", RUNNING, "--no-wait").stdout


def test_an_event_is_not_redacted_twice(invoke: Invoke) -> None:
    """The second command reports who erased it, when and why, and changes nothing."""
    invoke("redact", TEE, "9", *WHY)
    outcome = invoke("redact", TEE, "9", *WHY)
    assert outcome.status == 2 and outcome.stdout == ""
    assert outcome.stderr.startswith(f"Error: Event 9 of run '{TEE}.1' was already redacted by jane@desk on 2")
    assert len(invoke("events", TEE, "--type", "observation_redacted", "--format", "json").json) == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("vrts_ffff", "1"), "No audit's id begins with"),
        ((TEE, "99"), "has no event 99 over queue or stdout"),
        ((RUNNING, "1", "--source", "queue"), "has no event 1 over queue"),
        ((TEE, "r3"), "'r3' is one of the recorder's own events; give 3 --source recorder."),
        ((TEE, "third"), "'third' is not the number of an event; give one that `veritas events` shows, such as 17."),
        ((TEE, "nine"), "Invalid value for 'SEQ'"),
        ((TEE, "9", "--source", "pigeon"), "Invalid value for '--source'"),
    ],
)
def test_an_invalid_redaction_is_refused(invoke: Invoke, arguments: tuple[str, ...], expected: str) -> None:
    outcome = invoke("redact", *arguments, *WHY)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert expected in outcome.stderr


def test_a_reason_is_required(invoke: Invoke) -> None:
    assert "Missing option '--reason'" in invoke("redact", TEE, "9", "--yes").stderr
    assert "The value of --reason is empty" in invoke("redact", TEE, "9", "--reason", " ", "--yes").stderr


def test_the_default_name_is_the_users(invoke: Invoke) -> None:
    invoke("redact", TEE, "9", "--reason", "a card number", "--yes")
    (redaction, _) = invoke("show", TEE, "--json").json["redactions"]
    assert redaction["by"].startswith(f"{getpass.getuser()}@")


def test_a_hostile_reason_is_escaped(invoke: Invoke) -> None:
    """Half a character in it, which only bytes that are not UTF-8 give, is refused."""
    half = invoke("redact", TEE, "9", "--reason", HOSTILE, "--by", "jane@desk", "--yes")
    assert half.status == 2 and "'--reason'" in half.stderr and "is not valid UTF-8" in half.stderr
    hostile = HOSTILE.replace("\ud83d", "")
    assert invoke("redact", TEE, "9", "--reason", hostile, "--by", hostile, "--yes").status == 0
    for arguments in (("events", TEE), ("show", TEE), ("show", TEE, "--json"), ("replay", TEE, "--no-wait")):
        output = invoke(*arguments).stdout
        assert "pwned" in output
        assert not any(sign in output for sign in "\x1b\r\u202e")
    assert invoke("verify").status == 0


def test_a_log_that_cannot_be_written_is_unchanged(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # because root may write to any file
    outcome = invoke("redact", FAILED, "1", *WHY)
    assert outcome.status == 2 and "cannot be written to" in outcome.stderr
    assert invoke("events", FAILED, "--type", "observation_redacted").stdout == ""


def test_without_a_terminal_yes_is_required(invoke: Invoke) -> None:
    outcome = invoke("redact", TEE, "9", *WHY[:-1])
    assert outcome.status == 2 and "confirm it with --yes" in outcome.stderr
    assert invoke("show", TEE, "--json").json["redactions"] == []


@pytest.mark.parametrize(("answer", "status"), [("n", 1), ("y", 0)])
def test_a_terminal_shows_the_event_and_asks(invoke: Invoke, place: Path, answer: str, status: int) -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "veritas", "redact", FAILED, "1", *WHY[:-1], "--db", str(place)]
    with subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asked:
        os.write(controller, f"{answer}\n".encode())
        output, talk = asked.communicate(timeout=60)
    os.close(terminal)
    os.close(controller)
    assert asked.returncode == status
    assert "pwned" in talk and "\x1b" not in talk
    assert f"Erase this from run {FAILED}.1 for good? [y/N]" in talk
    assert ("Redacted event 1" in output) == (status == 0)
    assert ("Nothing was redacted." in talk) == (status == 1)
    with sqlite3.connect(place) as connection:
        gone = connection.execute("SELECT count(*) FROM event WHERE body IS NULL").fetchone()[0]
    connection.close()
    assert gone == (2 if status == 0 else 0)
