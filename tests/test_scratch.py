"""A temporary directory is gone after any end of its processes, and no process loses one that it uses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from veritas.config import child_environment
from veritas.scratch import PREFIX, HeldDirectory, remove_directory, scratch_directory

LOCKS = pytest.mark.skipif(sys.platform == "win32", reason="nothing is locked on Windows")

HOLD = """
import sys, time
from veritas.scratch import HeldDirectory
held = HeldDirectory.hold(sys.argv[1]) if sys.argv[1:] else HeldDirectory.make()
print(held.path, flush=True)
time.sleep(600)
"""


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> Iterator[Path]:
    """Give the directory in which they are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield temporary


def process(base: Path, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
    """Start a process that holds a directory until it is killed; return it and the directory."""
    started = subprocess.Popen(
        [sys.executable, "-c", HOLD, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(TMPDIR=str(base)),
    )
    assert started.stdout is not None
    return started, Path(started.stdout.readline().strip())


@LOCKS
def test_what_a_killed_process_leaves_is_removed_by_the_next(base: Path) -> None:
    """What a living process holds stays, also if the one that made it was killed."""
    maker, shared = process(base)
    user, _ = process(base, str(shared))
    killed, abandoned = process(base)
    try:
        (abandoned / "profile").mkdir()
        for each in (maker, killed):
            each.kill()
            each.wait()
        with scratch_directory():
            assert shared.is_dir()
            assert not abandoned.exists()
    finally:
        for each in (maker, user, killed):
            each.kill()
            each.communicate()
    with scratch_directory():
        assert not shared.exists()


@LOCKS
def test_a_process_that_outlives_its_run_is_killed_with_the_directory(base: Path) -> None:
    """A stopped browser, for example, does not end when its driver is killed."""
    with scratch_directory() as directory:
        (Path(directory) / "profile").mkdir()
        stray = subprocess.Popen([sys.executable, "-c", "input()"], env=child_environment(TMPDIR=directory))
        os.kill(stray.pid, signal.SIGSTOP)
    assert stray.wait(20) == -signal.SIGKILL


@LOCKS
def test_only_own_directories_are_removed(base: Path) -> None:
    """No file, no link, no directory of an older version, which locks none, and none that a user has made."""
    (base / "target").mkdir()
    (base / f"{PREFIX}link").symlink_to(base / "target")
    (base / f"{PREFIX}file").touch()
    (base / "vrts-12345678").mkdir()
    (base / f"{PREFIX}evidence").mkdir(mode=0o700)  # somebody's own
    before = sorted(base.iterdir())
    with scratch_directory():
        pass
    assert sorted(base.iterdir()) == before


@LOCKS
def test_a_directory_that_is_just_made_is_never_taken_for_abandoned(base: Path) -> None:
    """Many are made and removed at once; each exists as long as it is held."""
    missing: list[str] = []

    def make() -> None:
        for _ in range(25):
            held = HeldDirectory.make()
            if not Path(held.path).is_dir():
                missing.append(held.path)
            held.remove()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missing == [] and list(base.iterdir()) == []


def test_a_scratch_directory_is_private_and_removed_with_its_block() -> None:
    """Even if it has content and the block fails."""
    with pytest.raises(RuntimeError), scratch_directory() as directory:
        assert Path(directory).stat().st_mode & 0o777 == 0o700
        (Path(directory) / "deep").mkdir()
        (Path(directory) / "deep" / "file").write_text("x")
        raise RuntimeError
    assert not Path(directory).exists()


@pytest.mark.skipif(os.name == "nt", reason="the name of a pipe on Windows has no such limit")
def test_a_scratch_directory_has_a_short_path_even_if_the_temporary_directory_has_a_long_one(monkeypatch, tmp_path):
    """Chromium puts a socket into it, whose path may have 107 bytes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("d" * 100)))
    with scratch_directory() as directory:
        assert len(directory) + len("/org.chromium.Chromium.XXXXXX/SingletonSocket") < 108


def test_files_written_during_the_removal_are_removed_too(tmp_path):
    """A browser that is being killed writes until it is dead."""
    writing, stop = threading.Event(), threading.Timer(0.3, lambda: ended.set())
    ended = threading.Event()

    def write():
        number = 0
        while not ended.is_set():
            number += 1
            try:
                folder = tmp_path / "profile" / str(number % 50)
                folder.mkdir(parents=False, exist_ok=True)
                (folder / "file").write_text("x")
            except OSError:
                pass
            writing.set()

    (tmp_path / "profile").mkdir()
    thread = threading.Thread(target=write)
    thread.start()
    writing.wait()
    stop.start()
    remove_directory(str(tmp_path / "profile"))
    thread.join()
    assert not (tmp_path / "profile").exists()
