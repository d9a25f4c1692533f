"""A file is written whole or not at all, and replaces another only if it may; a temporary directory is removed."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from veritas.errors import UsageError
from veritas.files import atomic_file, remove_directory, scratch_directory


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "made"
    with atomic_file(target, force=False) as file:
        file.write(b"all of it")
        assert not target.exists()
    assert target.read_bytes() == b"all of it"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_failure_leaves_no_file_and_keeps_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "made"
    target.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), atomic_file(target, force=True) as file:
        file.write(b"half of it")
        raise ZeroDivisionError
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_an_existing_file_is_replaced_only_with_force(tmp_path: Path) -> None:
    target = tmp_path / "made"
    target.write_bytes(b"before")
    with pytest.raises(UsageError, match="already exists"), atomic_file(target, force=False):
        pass
    with atomic_file(target, force=True) as file:
        file.write(b"after")
    assert target.read_bytes() == b"after"


@pytest.mark.parametrize("place", ["/dev/null", "."])
def test_only_a_regular_file_is_replaced(place: str) -> None:
    with pytest.raises(UsageError, match="is not a regular file"), atomic_file(Path(place), force=True):
        pass


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    absent = tmp_path / "nowhere"
    with pytest.raises(UsageError, match="There is no directory"), atomic_file(absent / "made", force=False):
        pass


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "x"
    with pytest.raises(UsageError, match="already exists"), atomic_file(target, force=False) as file:
        file.write(b"ours")
        target.write_bytes(b"theirs")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert target.read_bytes() == b"theirs"


def test_a_scratch_directory_is_private_and_removed_with_its_block():
    """Even if it has content and the block fails."""
    with pytest.raises(RuntimeError), scratch_directory() as directory:
        assert stat.S_IMODE(Path(directory).stat().st_mode) == 0o700
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
