"""On a terminal results are laid out for its width, coloured, and escaped."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

pytest.importorskip("pty")

from rich.cells import cell_len

from tests.cli.logs import FAILED, RUNNING, TEE
from tests.cli.terminal import Terminal, run_in_terminal

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
END = "end of a command"
ROOT = str(Path(__file__).parents[2])


def veritas(log: Path, *arguments: str, width: int) -> str:
    return run_in_terminal("-m", "veritas", *arguments, width=width, VERITAS_DB=str(log))


@pytest.mark.parametrize("width", [60, 140])
def test_lines_fit_the_terminal_and_contain_no_escape_but_colour(log: Path, width: int) -> None:
    """One process writes a list, two runs and events."""
    commands = [["list"], ["show", FAILED], ["show", TEE], ["events", FAILED]]
    run_all = f"for words in {commands}:\n    cli(words, standalone_mode=False)\n    print({END!r})"
    sent = run_in_terminal("-c", f"from veritas.cli import cli\n{run_all}", width=width, VERITAS_DB=str(log))
    plain = COLOUR.sub("", sent)
    assert "\x1b" not in plain and "\u202e" not in plain and "\r" not in plain
    assert all(cell_len(line) <= width for line in plain.splitlines())
    assert all(part.strip() for part in plain.split(END)[:-1]) and plain.count(END) == len(commands)


def test_a_wide_terminal_shows_more_columns(log: Path) -> None:
    headings = [veritas(log, "list", width=width).splitlines()[0] for width in (80, 140, 200)]
    assert ["risk" in heading for heading in headings] == [False, True, True]
    assert ["mode" in heading for heading in headings] == [False, True, True]
    assert ["tier" in heading for heading in headings] == [False, False, True]


def test_events_leave_room_for_their_details(log: Path) -> None:
    for width, least in ((80, 30), (120, 55), (160, 60)):
        heading = COLOUR.sub("", veritas(log, "events", TEE, width=width).splitlines()[0])
        assert width - heading.index("detail") >= least, heading


def test_what_is_longer_than_the_screen_is_paged(log: Path) -> None:
    pager = "sed s/^/paged:/"
    for arguments, paged in ((["show", TEE, "--full"], True), (["show", RUNNING], False)):
        with Terminal("-m", "veritas", *arguments, height=20, VERITAS_DB=str(log), PAGER=pager) as terminal:
            assert terminal.wait() == 0
        assert (b"paged:" in terminal.sent) == paged and b"shop.test" in terminal.sent


def test_a_listed_beginning_of_an_id_is_accepted(log: Path) -> None:
    row = COLOUR.sub("", veritas(log, "list", width=80).splitlines()[1])
    assert "running in vision" in COLOUR.sub("", veritas(log, "show", row.split()[0], width=80))


def test_a_failure_is_red(log: Path) -> None:
    assert "\x1b[31mfailed" in veritas(log, "show", FAILED, width=80)


def test_a_log_is_verified_under_a_progress_bar(log: Path) -> None:
    sent = veritas(log, "verify", width=80)
    assert "Verifying" in sent
    assert "44 events, all as they were recorded." in COLOUR.sub("", sent)


def test_the_live_display_keeps_important_messages_and_clears_its_bar() -> None:
    program = (
        "from tests.cli.lib.test_live import messages\n"
        "from veritas.cli.lib.live import LiveDisplay\n"
        "with LiveDisplay() as display:\n"
        "    for message in messages():\n"
        "        display.show(message)\n"
        "print('after')"
    )
    sent = run_in_terminal("-c", program, width=80, PYTHONPATH=ROOT)
    assert "Security Audit" in sent and "failed: The server hung up." in sent
    assert "found (high) Countdown restarts" in sent
    assert "scanning" not in COLOUR.sub("", sent).splitlines()  # shown only in the bar
    assert sent.endswith("after\n")
    assert sent.count("\x1b[?25l") == sent.count("\x1b[?25h") == 1  # the cursor is shown again


def test_the_display_of_a_batch_shows_what_is_done_and_what_runs() -> None:
    """Audits that end get a line each; the bar with the rate and the rows of running audits disappear at the end."""
    program = (
        "import signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])\n"
        "from tests.cli.lib.test_batch_display import show_some\n"
        "from veritas.cli.lib.batch_display import BatchDisplay\n"
        "with BatchDisplay(40) as display:\n"
        "    show_some(display)\n"
        "    signal.sigwait([signal.SIGUSR1])\n"
        "print('after')"
    )
    with Terminal("-c", program, width=80, height=20, PYTHONPATH=ROOT) as terminal:
        terminal.shows("2 of 40 1 failed")
        terminal.shows("a minute,")
        terminal.shows("http://running1.test/")
        terminal.shows(" more")
        rows = terminal.rows
        assert any(row.startswith("[ 1/40] suspicious 45  http://done.test/ (3.0 s)") for row in rows)
        assert any("Security Audit" in row and "http://running1.test/" in row for row in rows)
        assert all(len(row) <= 80 for row in rows)
        terminal.signal(signal.SIGUSR1)
        terminal.shows("after")
        assert terminal.wait() == 0
        assert not any("running1" in row or " of 40" in row for row in terminal.rows)
        assert any("The log is available again." in row for row in terminal.rows)
