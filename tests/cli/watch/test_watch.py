"""`veritas watch` shows the running audits on a terminal of any size, and writes each change into a pipe."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("pty")

from rich.cells import cell_len

from store.errors import DatabaseLost, DatabaseUnavailable, StoreError, StoreLocked
from tests.cli.logs import HOSTILE, RUNNING, failed_run, write, write_all
from tests.cli.terminal import Terminal
from tests.projections.recordings import Recording, requested
from veritas.archive.activity import Activity
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.cli.watch import printed_changes
from veritas.events.job import Job
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import RunFinished
from veritas.recording.recorder import RunRecorder

NEW = "vrts_cccc000000000004"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A log with a completed, a failed and a running audit."""
    write_all(tmp_path / "log.db")
    return tmp_path / "log.db"


def watching(database: Path, *, width: int = 160, height: int = 24) -> Terminal:
    return Terminal("-m", "veritas", "watch", "--db", str(database), width=width, height=height)


@pytest.fixture
def terminal(database: Path) -> Iterator[Terminal]:
    """A watch of that log."""
    with watching(database) as terminal:
        terminal.shows("q quit")
        yield terminal


def test_an_audit_appears_advances_and_moves_to_those_that_ended(database: Path, terminal: Terminal) -> None:
    terminal.shows("1 audit running")
    terminal.shows("━━━───────    30  vision")
    with Archive.open(database) as archive:
        recorder = RunRecorder(archive.log, f"{NEW}.1")
        job = Job("17", "default", 1, "worker-1", "machine-1.example")
        recorder.note(requested(audit_id=NEW, url="http://new.test/", job=job))
        terminal.shows("2 audits running")
        terminal.shows("worker-1 on machine-1.ex  http://new.test/")
        summary = {"trust_score": 12, "risk_level": "likely_fraudulent"}
        for seq, (phase, step, pct) in enumerate([("scout", "navigating", 10), ("judge", "done", 90)], 1):
            event = ProgressEvent(phase=phase, step=step, pct=pct, seq=seq, summary=summary)
            recorder.record([EventReceived("queue", encode_event(event))])
            terminal.shows(f"{pct}  {phase}")
        recorder.note(RunFinished("completed", "queue"))
    terminal.shows("completed       12  likely_fraudulent")
    terminal.shows(": 1 completed")
    assert terminal.colour_of("likely_fraudulent") == "red"
    assert any(row.startswith(RUNNING[:13]) for row in terminal.rows)
    terminal.press("q")
    assert terminal.wait() == 0
    assert terminal.is_as_before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_restores_the_terminal(terminal: Terminal, number: signal.Signals) -> None:
    terminal.signal(number)
    assert terminal.wait() == 130
    assert terminal.is_as_before


def test_it_fits_into_a_terminal_of_any_size(terminal: Terminal) -> None:
    """The keys stay in the last row, and no row is wider than the terminal."""
    for width, height in ((60, 12), (30, 8), (12, 3), (200, 50)):
        terminal.resize(width, height)
        terminal.until(lambda: terminal.rows[-1].startswith("q quit"), f"to have keys at {width}x{height}")
        assert len(terminal.rows) == height and all(cell_len(row) <= width for row in terminal.rows)
    terminal.shows("suspicious")


def test_many_audits_are_scrolled(database: Path) -> None:
    """Two hundred at once."""
    with Archive.open(database) as archive:
        for number in range(200):
            run = Recording(f"vrts_d{number:015x}.1")
            run.recorder(requested(audit_id=run.run_id[:-2], url=f"http://shop{number}.test/"))
            run.child("scout", "navigating", seq=1, pct=10)
            write(archive, run)
    with watching(database, height=30) as terminal:
        terminal.shows("201 audits running")
        terminal.shows("1-22 of 201")
        terminal.shows("http://shop19.test/")
        terminal.press("\x1b[6~")
        terminal.shows("23-44 of 201")
        terminal.press("\x1b[F")
        terminal.shows("180-201 of 201")
        terminal.shows("http://shop199.test/")
        terminal.press("\x1b[A")
        terminal.shows("179-200 of 201")
        terminal.press("\x1b[H")
        terminal.shows("1-22 of 201")


def test_hostile_text_is_escaped(database: Path) -> None:
    with Archive.open(database) as archive:
        run = Recording(f"{NEW}.1")
        run.recorder(requested(audit_id=NEW, url=HOSTILE))
        write(archive, run)
    with watching(database) as terminal:
        terminal.shows(r"\x1b[2J\x1b[31mpwned\r\nError: no")


def test_a_pipe_gets_a_line_for_each_change(database: Path) -> None:
    command = [sys.executable, "-m", "veritas", "watch", "--db", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "time\trun\tstatus\tphase\tpct\turl or command\tdetail\n"
        first = process.stdout.readline().split("\t")
        assert first[1:6] == [f"{RUNNING}.1", "running", "vision", "30", "http://shop.test/"]
        with Archive.open(database) as archive:
            run = failed_run()
            run.run_id = f"{NEW}.1"
            write(archive, run)
        lines = [process.stdout.readline().rstrip("\n").split("\t") for _ in range(3)]
        assert [line[1:4] for line in lines] == [
            [f"{NEW}.1", "requested", "-"],
            [f"{NEW}.1", "running", "-"],
            [f"{NEW}.1", "running", "scout"],
        ]
        assert process.stdout.readline().rstrip("\n").endswith("The child process was killed by SIGKILL.")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


@pytest.mark.parametrize("error", [DatabaseUnavailable("The server is away."), StoreLocked("The log is locked.")])
def test_a_log_that_is_away_for_a_while_is_waited_for(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: StoreError
) -> None:
    """Nothing that changed meanwhile, or just before, is left out."""
    with Archive.open(database) as archive:
        activity = Activity(archive)
        changes = printed_changes(activity)
        assert next(changes).run_id == f"{RUNNING}.1"
        run = failed_run()
        run.run_id = f"{NEW}.1"
        write(archive, run)
        read = archive.events

        def break_off(*, after: int) -> Iterator[RecordedEvent]:
            monkeypatch.setattr(archive, "events", read)
            yield next(iter(read(after=after)))
            raise error

        monkeypatch.setattr(archive, "events", break_off)
        assert [next(changes).status for _ in range(4)] == ["requested", "running", "running", "failed"]
    assert capsys.readouterr().err == f"Waiting for the log: {error}\nThe log can be read again.\n"


def test_a_log_that_is_deleted_ends_the_watch(database: Path) -> None:
    """SQLite itself would go on reading the deleted file, which never changes again."""
    with Archive.open(database) as archive:
        changes = printed_changes(Activity(archive))
        next(changes)
        database.unlink()
        with pytest.raises(DatabaseLost, match="was deleted or moved while it was open"):
            next(changes)
