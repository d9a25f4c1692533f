"""On a terminal a replay is played: keys control it, and the terminal is restored however the player ends."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pty")

from rich.cells import cell_len

from tests.cli.logs import FAILED, HOSTILE, TEE, write
from tests.cli.terminal import Terminal
from tests.processes import wait_until
from tests.projections.recordings import START, Recording, requested
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import RunFinished
from veritas.recording.recorder import RunRecorder

LIVE = "vrts_cccc000000000004"

# The escape sequences that a player may send: colours, the cursor's position and visibility, the alternate screen.
ALLOWED = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[lh])")
TO_A_ROW = re.compile(r"\x1b\[(?:(?:\d+;1)?H|\?1049[lh])")


def replay(log: Path, *arguments: str, width: int = 100, height: int = 30) -> Terminal:
    return Terminal("-m", "veritas", "replay", *arguments, width=width, height=height, VERITAS_DB=str(log))


@pytest.fixture
def stepping(log: Path) -> Iterator[Terminal]:
    """A paused replay of a run of ten seconds."""
    with replay(log, TEE, "--step") as terminal:
        terminal.shows("paused    0.000 / 10.000 s")
        yield terminal


def test_it_pauses_at_the_end_and_the_last_screen_stays(log: Path) -> None:
    with replay(log, TEE, "--speed", "20") as terminal:
        terminal.shows("paused    10.000 / 10.000 s")
        terminal.press("q")
        assert terminal.wait() == 0
        left = ALLOWED.sub("", terminal.sent.decode().rpartition("\x1b[?1049l")[2])
        assert terminal.is_as_before
    assert "completed in 10.0 s" in left
    assert "suspicious, trust score 44 of 100" in left
    assert "10.000 [100%] Audit: completed after 10.0 s" in left


def test_one_key_press_shows_one_event(stepping: Terminal) -> None:
    assert not any("audit_requested" in row for row in stepping.rows)
    stepping.press(".")
    stepping.shows("audit_requested: http://shop.test/")
    assert not any("ipc_mode_selected" in row for row in stepping.rows)
    stepping.press("....")
    stepping.shows("0.500 [  5%] Initialization: done in 0.25 s")
    stepping.shows("paused    0.500 / 10.000 s   Initialization   5%   1x")


def test_phase_keys_show_the_state_at_each_phase(stepping: Terminal) -> None:
    stepping.press("]]]]")
    stepping.shows("paused    2.000 / 10.000 s   Visual Intelligence   30%   1x")
    stepping.shows("Security Audit         failed       0.25 s  The server hung up.")
    stepping.press("[")
    stepping.shows("1.500 / 10.000 s   Security Audit")
    assert not any("hung up" in row or "Visual Intelligence" in row for row in stepping.rows)
    stepping.shows("Security Audit         running")


def test_arrows_seek_and_change_the_speed(stepping: Terminal) -> None:
    stepping.press("\x1b[C")
    stepping.shows("5.000 / 10.000 s   Complete   100%   1x")
    stepping.press("\x1bOA\x1b[A\x1b[B")
    stepping.shows("100%   2x")
    stepping.press("\x1b[D")
    stepping.shows("0.000 / 10.000 s")
    stepping.press("\x1b[F")
    stepping.shows("completed in 10.0 s")
    stepping.press("\x1b[H")
    stepping.shows("running   0%")


def test_space_pauses_and_resumes_and_q_quits(stepping: Terminal) -> None:
    stepping.press(" ")
    stepping.shows("Browser Reconnaissance")
    stepping.shows("playing")
    stepping.press(" ")
    stepping.shows("paused")
    stepping.press("q")
    assert stepping.wait() == 0
    assert stepping.is_as_before


def test_lines_are_coloured_by_what_they_describe(stepping: Terminal) -> None:
    """The colours of severities, statuses and risks are those of the tables."""
    stepping.press("\x1b[F")
    stepping.shows("completed after 10.0 s")
    for text, colour in (
        ("found (high) Countdown restarts", "red"),
        ("suspicious, trust score 44", "brown"),  # as the emulator calls yellow
        ("Audit: completed after 10.0 s", "green"),
        ("Security Audit: failed: The server hung up.", "red"),
        ("Intelligence Network: done", "green"),
    ):
        assert stepping.colour_of(text) == colour, text


def test_enter_opens_a_line_that_is_cut(log: Path) -> None:
    with replay(log, TEE, "--step", width=40, height=20) as terminal:
        terminal.shows("paused")
        terminal.press("]]]]")
        terminal.shows("2.000")
        assert not any("hung up" in row for row in terminal.rows if "[ 30%]" in row)
        terminal.press("\n")
        terminal.shows("Enter closes")
        terminal.press("\x1b[A")
        terminal.shows("server hung up.")
        terminal.press("\x1b")
        terminal.shows("space pause")


def test_a_finding_is_chosen_from_the_list(stepping: Terminal) -> None:
    """The list has findings that have not been shown yet."""
    stepping.press("f")
    stepping.shows("found (high) Countdown restarts: The countdown shows 05:00")
    stepping.press("\n")
    stepping.shows("paused    2.250 / 10.000 s   Visual Intelligence   40%")


def test_events_are_searched(stepping: Terminal) -> None:
    """In upper and lower case; after the last one the search begins again, and n and N go on and back."""
    stepping.press("/DONEx\x7f\n")
    stepping.shows("'DONE': 1 of 6")
    stepping.shows("0.500 [  5%] Initialization: done in 0.25 s")
    stepping.press("n")
    stepping.shows("'DONE': 2 of 6")
    stepping.shows("paused    1.250 / 10.000 s")
    stepping.press("NN")
    stepping.shows("'DONE': 6 of 6")
    stepping.press("n")
    stepping.shows("'DONE': 1 of 6")
    stepping.press("/nowhere\r")
    stepping.shows("No event has 'nowhere'.")
    stepping.press("/q\x1b")
    stepping.shows("space pause")
    assert stepping.process.poll() is None


def test_help_shows_every_key(stepping: Terminal) -> None:
    stepping.press("?")
    stepping.shows("quit, or close what is open")
    stepping.press("q")
    stepping.shows("space pause")
    stepping.press("n")
    stepping.shows("Type / and a text to search for.")


def test_keys_that_were_not_read_do_not_reach_the_shell(log: Path) -> None:
    """A minimal shell, which reads a line after the player has ended."""
    shell = (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'veritas', 'replay', *sys.argv[1:]])\n"
        "print('the shell', flush=True)\n"
        "print('read', sys.stdin.readline())"
    )
    with Terminal("-c", shell, TEE, "--step", width=100, height=30, VERITAS_DB=str(log)) as terminal:
        terminal.shows("paused")
        terminal.press("q" + "rm -rf\n" * 300)  # more than one read of the player
        terminal.shows("the shell")
        terminal.press("typed later\n")
        terminal.shows("read typed later")


def test_a_part_between_two_points_is_played(log: Path) -> None:
    with replay(log, TEE, "--from", "vision", "--until", "graph", "--step") as terminal:
        terminal.shows("2.000 / 2.750 s   Security Audit   30%")
        terminal.press(".")
        terminal.shows("2.000 / 2.750 s   Visual Intelligence   30%")
        terminal.press("\x1b[F")
        terminal.shows("2.750 / 2.750 s   Intelligence Network   60%")
        terminal.press("q")
        assert terminal.wait() == 0


def test_excluded_events_count_in_the_state(log: Path) -> None:
    with replay(log, TEE, "--only", "judge", "--step") as terminal:
        terminal.shows("paused")
        terminal.press(".")
        terminal.shows("3.250 [ 80%] Forensic Judge: deliberating")
        terminal.shows("findings  1: 1 high")
        assert not any("Initialization: " in row for row in terminal.rows)


def test_runs_are_shown_side_by_side(log: Path) -> None:
    with replay(log, TEE, FAILED, "--step", "--from", "scout", width=160) as terminal:
        terminal.shows("paused    0.750 / 10.000 s   1x")
        terminal.press("\x1b[F")
        terminal.shows("failed after 2.0 s")
        terminal.shows("completed in 10.0 s")
        heading = next(row for row in terminal.rows if TEE in row)
        assert heading.index(TEE) == 0
        assert heading.index(FAILED) > 75


@pytest.mark.parametrize("width", [20, 60, 140])
def test_rows_fit_the_terminal_and_recorded_text_is_escaped(log: Path, width: int) -> None:
    with replay(log, FAILED, "--step", width=width, height=12) as terminal:
        terminal.shows("paused")
        terminal.shows("q quit")
        terminal.press("\x1b[F")
        terminal.shows("failed")
        terminal.press("q")
        assert terminal.wait() == 0
        plain = ALLOWED.sub("", TO_A_ROW.sub("\n", terminal.sent.decode()))
    assert HOSTILE not in plain
    assert not re.search("[\x1b\u202e\x00-\x08]", plain)
    assert all(cell_len(row) <= width for row in plain.replace("\r", "").split("\n"))


def test_a_speed_is_shown_in_few_digits(stepping: Terminal) -> None:
    stepping.press("\x1b[B" * 8)
    stepping.shows(" 0.00391x")
    stepping.press("q")
    assert stepping.wait() == 0


def test_a_resized_terminal_is_painted_again(stepping: Terminal) -> None:
    stepping.press("\x1b[F")
    stepping.shows("q quit")
    stepping.resize(140, 40)
    stepping.until(lambda: "q quit" in stepping.rows[39])
    stepping.resize(60, 10)
    stepping.until(lambda: "10.000 / 10.000 s" in stepping.rows[8])
    stepping.press("q")
    assert stepping.wait() == 0


@pytest.mark.parametrize("how", ["^C", "SIGTERM", "SIGHUP"])
def test_an_interrupt_restores_the_terminal(stepping: Terminal, how: str) -> None:
    if how == "^C":
        stepping.press("\x03")
    else:
        stepping.signal(signal.Signals[how])
    assert stepping.wait() == 130
    assert stepping.is_as_before
    assert stepping.sent.endswith(b"Interrupted.\r\n")


def test_closing_the_terminal_ends_the_player(stepping: Terminal) -> None:
    stepping.hang_up()
    wait_until(lambda: stepping.process.poll() is not None)


def test_suspending_restores_the_terminal_and_stops_the_clock(log: Path) -> None:
    """A minimal shell with job control: ^Z stops the player, and the shell puts it into the foreground again."""
    shell = (
        "import os, signal, sys, termios\n"
        "signal.signal(signal.SIGTTOU, signal.SIG_IGN)\n"
        "player = os.fork()\n"
        "if player == 0:\n"
        "    os.setpgid(0, 0)\n"
        "    os.tcsetpgrp(0, os.getpid())\n"
        "    signal.signal(signal.SIGTTOU, signal.SIG_DFL)\n"
        "    os.execv(sys.executable, [sys.executable, '-m', 'veritas', 'replay', *sys.argv[1:]])\n"
        "before = termios.tcgetattr(0)\n"
        "_, status = os.waitpid(player, os.WUNTRACED)\n"
        "assert os.WIFSTOPPED(status)\n"
        "os.tcsetpgrp(0, os.getpid())\n"
        "print('suspended, the terminal is', termios.tcgetattr(0)[3] & termios.ECHO and 'as before')\n"
        "sys.stdin.readline()\n"
        "os.tcsetpgrp(0, player)\n"
        "os.killpg(player, signal.SIGCONT)\n"
        "_, status = os.waitpid(player, 0)\n"
        "os.tcsetpgrp(0, os.getpid())\n"
        "sys.exit(os.waitstatus_to_exitcode(status))\n"
    )
    with Terminal("-c", shell, TEE, "--speed", "0.001", width=100, height=30, VERITAS_DB=str(log)) as terminal:
        terminal.shows("playing   0.000 / 10.000 s")
        terminal.press("\x1a")
        terminal.shows("suspended, the terminal is as before")
        terminal.press("\n")
        terminal.until(lambda: terminal.sent.count(b"\x1b[?1049h") == 2)
        terminal.shows("playing   0.00")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_as_before


def test_a_running_audit_is_followed_from_its_present_state(tmp_path: Path) -> None:
    run = Recording(f"{LIVE}.1")
    run.recorder(requested(audit_id=LIVE), at=START)
    run.child("scout", "navigating", seq=1, pct=10, at=START + 1)
    database = tmp_path / "veritas.db"
    with Archive.open(database) as archive:
        write(archive, run)
        recorder = RunRecorder(archive.log, run.run_id, clock=lambda: START + 60)
        with replay(database, LIVE, "--follow") as terminal:
            terminal.shows("live      1.000 / 1.000+ s   Browser Reconnaissance   10%")
            event = ProgressEvent(phase="vision", step="analyzing", pct=30, seq=2, timestamp=START + 60)
            recorder.record([EventReceived("queue", encode_event(event))])
            terminal.shows("live      60.000 / 60.000+ s   Visual Intelligence   30%")
            recorder.note(RunFinished("completed", "queue"))
            assert terminal.wait() == 0
            assert "completed in 1 min 00 s" in terminal.sent.decode().rpartition("\x1b[?1049l")[2]


def test_following_a_running_audit_can_be_quit(tmp_path: Path) -> None:
    run = Recording(f"{LIVE}.1")
    run.recorder(requested(audit_id=LIVE), at=START)
    with Archive.open(tmp_path / "veritas.db") as archive:
        write(archive, run)
    with replay(tmp_path / "veritas.db", LIVE, "--follow") as terminal:
        terminal.shows("live")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.is_as_before
        assert b"was abandoned" not in terminal.sent


def test_without_a_keyboard_a_terminal_gets_plain_lines(log: Path) -> None:
    program = (
        "import os, sys\n"
        "os.dup2(os.open(os.devnull, os.O_RDONLY), 0)\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'veritas', 'replay', *sys.argv[1:]])"
    )
    with Terminal("-c", program, TEE, "--speed", "1000", width=100, VERITAS_DB=str(log)) as terminal:
        assert terminal.wait() == 0
        assert b"\x1b" not in terminal.sent
        assert b"10.000 [100%] Audit: completed after 10.0 s" in terminal.sent


@pytest.mark.parametrize("lacking", [{"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"}], ids=["screen", "signs"])
def test_a_terminal_without_a_screen_or_unicode_gets_plain_lines(log: Path, lacking: dict[str, str]) -> None:
    arguments = ("-m", "veritas", "replay", TEE, "--speed", "1000")
    with Terminal(*arguments, VERITAS_DB=str(log), **lacking) as terminal:
        assert terminal.wait() == 0
        assert b"\x1b" not in terminal.sent
