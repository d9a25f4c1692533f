"""What cannot be written to the log is kept in a file, and is ingested later as if nothing had happened."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from store.errors import DatabaseUnavailable, StoreError, StoreFull
from store.log import EventLog
from tests.cli.invoking import invoke_in
from tests.databases import database, postgresql, sqlite
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived, OutputReceived
from veritas.errors import RunSpooled, RunTakenOver, SpoolFailed, UsageError
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import RecordingDelayed, RunFinished, SpoolIngested
from veritas.projections.run_summary import runs_of
from veritas.recording.ingest import ingest as ingest_output
from veritas.recording.log_retry import LogRetry
from veritas.recording.recorder import RunRecorder
from veritas.recording.run import finish, request_event
from veritas.recording.spool import Spool, chained
from veritas.recording.spool_ingestion import SpoolIngestion, ingest_spool, unspool
from veritas.recording.takeover import end_abandoned

__all__ = ["database", "postgresql", "sqlite"]

AUDIT = "vrts_00000000000000aa"
RUN = f"{AUDIT}.1"


class FailingLog(EventLog):
    """A log whose appends fail, before or after the commit, as long as errors are left."""

    before: list[StoreError]
    after: list[StoreError]

    def append(self, records, *, update=None):  # type: ignore[no-untyped-def]
        if self.before:
            raise self.before.pop(0)
        positions = super().append(records, update=update)
        if self.after:
            raise self.after.pop(0)
        return positions


@contextmanager
def failing_log(database: str) -> Iterator[Archive]:
    log = FailingLog.open(database)
    log.before, log.after = [], []
    with Archive(log) as archive:
        yield archive


@pytest.fixture
def archive(sqlite: str) -> Iterator[Archive]:
    with failing_log(sqlite) as archive:
        yield archive


@pytest.fixture
def on_each(database: str) -> Iterator[Archive]:
    """An archive on each backend."""
    with failing_log(database) as archive:
        yield archive


@pytest.fixture(autouse=True)
def spools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory for spools."""
    monkeypatch.setattr("veritas.recording.spool.default_spool", lambda: tmp_path / "spool")
    return tmp_path / "spool"


def event(seq: int) -> EventReceived:
    return EventReceived("queue", encode_event(ProgressEvent(phase="vision", step="working", seq=seq, detail=f"{seq}")))


def recorder_of(archive: Archive, timeout: float = 300, said: list[str] | None = None) -> RunRecorder:
    """Return a recorder whose run has begun."""
    report = [] if said is None else said
    recorder = RunRecorder(archive.log, RUN, retry=LogRetry(timeout, report=report.append), spools=True)
    recorder.note(request_event(AUDIT, origin="record", command=["x"]))
    return recorder


def gone() -> DatabaseUnavailable:
    return DatabaseUnavailable("The server is gone.")


def failing(archive: Archive) -> FailingLog:
    assert isinstance(archive.log, FailingLog)
    return archive.log


def spool_run(archive: Archive) -> Spool:
    """Record a run whose last events are in a spool, and return the closed spool."""
    recorder = recorder_of(archive, timeout=0)
    recorder.record([event(1), event(2)])
    failing(archive).before = [gone()]
    recorder.record([event(3), OutputReceived("stderr", b"\xff\xfe", 0)])
    recorder.record([event(4)])
    finish(archive, recorder, RunFinished("completed", "queue"))
    assert recorder.spool is not None
    recorder.spool.close()
    return recorder.spool


def numbers(archive: Archive, source: str = "queue") -> list[int]:
    return [recorded.seq for recorded in archive.events(RUN) if recorded.source == source]


def ingest(archive: Archive, path: Path) -> SpoolIngestion:
    return ingest_spool(archive, path, retry=LogRetry(0))


def own(archive: Archive, kind: str) -> list[object]:
    return [recorded.from_recorder for recorded in archive.recorder_events(kind, run_id=RUN)]


def sound(archive: Archive) -> bool:
    """Return whether the log verifies, and the read model is what a rebuild gives."""
    return archive.log.verify().fault is None and runs_of(archive.log).difference(RUN) is None


def test_an_outage_is_waited_for_and_recorded(archive: Archive) -> None:
    """The user is told twice, and nothing is in a file."""
    said: list[str] = []
    recorder = recorder_of(archive, said=said)
    failing(archive).before = [gone(), StoreFull()]
    recorder.record([event(1)])
    (delay,) = own(archive, "recording_delayed")
    assert isinstance(delay, RecordingDelayed)
    assert (delay.attempts, delay.kind, delay.error, delay.spooled) == (2, "unavailable", "The server is gone.", False)
    assert delay.since < delay.until
    assert numbers(archive) == [1]
    assert recorder.spool is None
    assert said[0].startswith("The server is gone. The run waits") and said[1].startswith("The log is available again")
    assert len(said) == 2


@pytest.mark.parametrize("end", [KeyboardInterrupt(), StoreError("The log is broken.")])
def test_a_wait_that_ends_without_the_log_does_not_claim_that_it_is_back(end: BaseException) -> None:
    said: list[str] = []
    outcomes: list[BaseException] = [gone(), end]

    def operation() -> None:
        raise outcomes.pop(0)

    retry = LogRetry(report=said.append)
    with pytest.raises(type(end)):
        retry.call(operation)
    assert len(said) == 1 and "The run waits" in said[0]
    assert len(retry.take_outages()) == 1


def test_a_commit_whose_answer_was_lost_is_not_repeated(on_each: Archive) -> None:
    """The second attempt finds the events in the log, and the run's row is right."""
    recorder = recorder_of(on_each)
    failing(on_each).after = [gone()]
    recorder.record([event(1), event(2)])
    recorder.record([event(3)])
    finish(on_each, recorder, RunFinished("completed", "queue"))
    assert numbers(on_each) == [1, 2, 3]
    assert numbers(on_each, "recorder") == [1, 2, 3]
    assert sound(on_each)


def test_a_run_that_has_not_begun_does_not_wait(archive: Archive) -> None:
    """There is nothing to lose yet, and the address may be wrong."""
    failing(archive).before = [gone()]
    with pytest.raises(DatabaseUnavailable):
        recorder_of(archive)


def test_a_spool_completes_the_run(on_each: Archive, spools: Path) -> None:
    """Every event once, in order, with its number; and the record says when each was received."""
    spool = spool_run(on_each)
    assert numbers(on_each) == [1, 2]
    assert spool.path.parent == spools
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600
    result = ingest(on_each, spool.path)
    assert (result.records, result.is_new, result.is_cut, result.unsigned) == (spool.records, True, False, None)
    assert numbers(on_each) == [1, 2, 3, 4]
    recorder_numbers = numbers(on_each, "recorder")
    assert recorder_numbers == list(range(1, len(recorder_numbers) + 1))
    (delay,) = own(on_each, "recording_delayed")
    assert isinstance(delay, RecordingDelayed) and delay.spooled
    (ingested,) = own(on_each, "spool_ingested")
    assert isinstance(ingested, SpoolIngested)
    assert sum(number for number, _ in ingested.received) == ingested.records == spool.records
    assert on_each.has_ended(RUN)
    assert on_each.log.checkpoints()
    assert sound(on_each)


def test_a_spool_can_be_ingested_again(archive: Archive) -> None:
    spool = spool_run(archive)
    ingest(archive, spool.path)
    head = archive.log.head()
    assert not ingest(archive, spool.path).is_new
    assert archive.log.head() == head


def test_a_spool_that_has_grown_since_it_was_ingested_is_ingested_whole(archive: Archive, tmp_path: Path) -> None:
    """A copy of it was made while its recorder went on."""
    spool, early = spool_run(archive), tmp_path / "early.spool"
    early.write_bytes(b"".join(spool.path.read_bytes().splitlines(keepends=True)[:3]))
    assert ingest(archive, early).is_new
    assert numbers(archive) == [1, 2, 3]
    unspool(archive, spool, report=lambda sentence: None)
    assert numbers(archive) == [1, 2, 3, 4]
    assert archive.has_ended(RUN)
    assert sound(archive)


@pytest.mark.skipif(sys.platform == "win32", reason="a lock would keep its own process from reading")
def test_a_spool_that_is_being_written_is_not_ingested(archive: Archive) -> None:
    """The run goes on, and would seem to have ended."""
    recorder = recorder_of(archive, timeout=0)
    failing(archive).before = [gone()]
    recorder.record([event(1)])
    assert recorder.spool is not None
    with pytest.raises(UsageError, match="Another process is using"):
        ingest(archive, recorder.spool.path)
    recorder.spool.close()
    assert ingest(archive, recorder.spool.path).is_new


def test_an_ingestion_that_was_cut_off_is_continued(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the log already is left out."""
    monkeypatch.setattr("veritas.recording.spool_reader._BATCH", 2)
    spool = spool_run(archive)
    failing(archive).before = []
    failing(archive).after = [StoreError("killed")]
    with pytest.raises(StoreError, match="killed"):
        ingest(archive, spool.path)
    assert len(numbers(archive)) + len(numbers(archive, "recorder")) > 2
    assert ingest(archive, spool.path).is_new
    assert numbers(archive) == [1, 2, 3, 4]
    assert len(own(archive, "spool_ingested")) == 1
    assert sound(archive)


def test_an_interrupt_ends_an_ingestion_that_would_wait_for_the_log(archive: Archive) -> None:
    """What was read before is in a file, and the error names it."""

    def chunks() -> Iterator[bytes]:
        yield b'##PROGRESS:{"phase":"init","step":"x","seq":1}\n'
        while not archive.runs(AUDIT):
            yield b"output\n" * 1000
        failing(archive).before = [gone() for _ in range(8)]
        raise KeyboardInterrupt

    with pytest.raises(RunSpooled) as raised:
        ingest_output(archive, chunks(), name="a", new_id=lambda: AUDIT, retry=LogRetry(report=lambda sentence: None))
    failing(archive).before = []
    ingest(archive, raised.value.file)
    assert numbers(archive, "stdout") == [1]
    assert archive.has_ended(RUN)


def test_a_log_that_is_back_at_the_end_gets_the_spool_at_once(archive: Archive) -> None:
    spool = spool_run(archive)
    said: list[str] = []
    unspool(archive, spool, report=said.append)
    assert not spool.path.exists()
    assert numbers(archive) == [1, 2, 3, 4]
    assert "available again" in said[0]


def test_the_error_has_the_command_that_ingests(archive: Archive) -> None:
    spool = spool_run(archive)
    failing(archive).before = [gone()]
    with pytest.raises(RunSpooled) as raised:
        unspool(archive, spool, report=lambda sentence: None)
    assert f"`veritas ingest {spool.path}`" in str(raised.value)
    assert spool.path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the size of files cannot be limited")
def test_a_disk_that_fills_up_while_it_is_spooled_costs_nothing_that_was_spooled_before(archive: Archive) -> None:
    """A part of a line is written, then a line that still fits, and the file is ingested."""
    import resource

    recorder = recorder_of(archive, timeout=0)
    failing(archive).before = [gone()]
    recorder.record([event(1)])
    assert recorder.spool is not None
    path, limits = recorder.spool.path, resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 2_000, limits[1]))
    try:
        with pytest.raises(SpoolFailed, match=r"cannot be written in its place \(File too large\)"):
            recorder.record([OutputReceived("stdout", b"x" * 20_000, 0)])
        recorder.note(RunFinished("failed", "queue", "The disk is full."))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    recorder.spool.close()
    result = ingest(archive, path)
    assert numbers(archive) == [1]
    assert (result.is_cut, result.records) == (False, recorder.spool.records)
    assert archive.has_ended(RUN)


def test_text_that_utf_8_does_not_have_is_spooled(archive: Archive) -> None:
    """The log has the replacement in its columns, and the original in the body, as if it had been available."""
    recorder = recorder_of(archive, timeout=0)
    failing(archive).before = [gone()]
    recorder.record([EventReceived("queue", b'{"phase":"\\ud800","step":"\\u0000","seq":1}')])
    assert recorder.spool is not None
    recorder.spool.close()
    ingest(archive, recorder.spool.path)
    (stored,) = (each for each in archive.log.read(run_id=RUN) if each.source == "queue")
    assert (stored.phase, stored.step, stored.body) == (
        "\ufffd",
        "\ufffd",
        b'{"phase":"\\ud800","step":"\\u0000","seq":1}',
    )


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_a_damaged_spool_is_refused_as_a_whole(archive: Archive, at: float) -> None:
    """Nothing is recorded, and the line is named."""
    spool = spool_run(archive)
    head, data = archive.log.head(), bytearray(spool.path.read_bytes())
    data[int(len(data) * at)] ^= 1
    spool.path.write_bytes(data)
    with pytest.raises(UsageError, match="is not as it was written"):
        ingest(archive, spool.path)
    assert archive.log.head() == head


def test_a_line_that_is_missing_is_noticed(archive: Archive) -> None:
    spool = spool_run(archive)
    lines = spool.path.read_bytes().splitlines(keepends=True)
    spool.path.write_bytes(b"".join(lines[:2] + lines[3:]))
    with pytest.raises(UsageError, match="Line 3"):
        ingest(archive, spool.path)


def test_a_line_that_was_not_finished_is_left_out(archive: Archive) -> None:
    """Its recorder was killed while it wrote, and had not confirmed it."""
    spool = spool_run(archive)
    spool.path.write_bytes(spool.path.read_bytes()[:-20])
    result = ingest(archive, spool.path)
    assert (result.is_cut, result.records) == (True, spool.records - 1)
    assert numbers(archive) == [1, 2, 3, 4]


@pytest.mark.parametrize("time", ["-1", "9223372036854775808", "1e400", f"1{'0' * 400}"])
def test_a_forged_time_is_refused(archive: Archive, time: str) -> None:
    """It is not one in microseconds."""
    spool = spool_run(archive)
    head, (first, *_) = archive.log.head(), spool.path.read_bytes().splitlines()
    record = (
        f'{{"received_at":{time},"source":"queue","seq":9,"type":"progress","phase":"","step":"","emitted_at":null,'
        '"schema_version":1,"body":"e30="}'
    )
    digest = chained(chained("", first), record.encode())
    spool.path.write_bytes(first + f'\n{{"sha256":"{digest}","record":{record}}}\n'.encode())
    with pytest.raises(UsageError, match="Line 2"):
        ingest(archive, spool.path)
    assert archive.log.head() == head


def test_another_log_is_refused(archive: Archive, tmp_path: Path) -> None:
    """It does not have the run's beginning."""
    spool = spool_run(archive)
    with Archive.open(tmp_path / "other.db") as other, pytest.raises(UsageError, match="beginning is not in the log"):
        ingest(other, spool.path)


def test_a_file_that_cannot_be_written_either_is_reported(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veritas.recording.spool.default_spool", lambda: Path("/proc/none"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/proc/nothing")
    recorder = recorder_of(archive, timeout=0)
    failing(archive).before = [gone()]
    with pytest.raises(SpoolFailed, match="cannot be kept in a file either"):
        recorder.record([event(1)])


def test_the_command_ingests_a_spool(archive: Archive, sqlite: str) -> None:
    """It shows the run, and says what it did; the second time too."""
    spool, veritas = spool_run(archive), invoke_in(Path(sqlite))
    first, second = (veritas("ingest", str(spool.path)) for _ in range(2))
    assert (first.status, second.status) == (0, 0)
    assert f"Added {spool.records} events to run {RUN!r}" in first.stderr
    assert "already" in second.stderr
    shown = veritas("show", AUDIT)
    assert "log unavailable" in shown.stdout


def test_a_spool_is_not_added_to_a_run_that_another_process_has_ended(archive: Archive, sqlite: str) -> None:
    """It stays, because the log refuses what a recorder adds after its run was taken over."""
    recorder = recorder_of(archive, timeout=0)
    failing(archive).before = [gone()]
    recorder.record([event(1)])
    spool = recorder.spool
    assert spool is not None
    end_abandoned(archive, RUN, "The worker sent no heartbeat.")
    with pytest.raises(RunTakenOver, match="Its other events, 2 in all, remain in"):
        unspool(archive, spool, report=print)
    outcome = invoke_in(Path(sqlite))("ingest", str(spool.path))
    assert outcome.status == 2
    assert f"remain in {str(spool.path)!r}; keep that file if you need" in outcome.stderr
    assert invoke_in(Path(sqlite))("verify").status == 0
