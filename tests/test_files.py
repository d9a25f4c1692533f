"""A file is written whole or not at all, and replaces another only if it may; a temporary directory is removed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from veritas.errors import UsageError
from veritas.files import atomic_directory, atomic_file, remove_leftovers


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


KILLED = """
import os, re, signal, sys
from pathlib import Path
from veritas import files

def kill(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

target, kind, moment = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
if moment == "renaming":
    files.rename_exclusive = kill
if kind == "file":
    with files.atomic_file(target, force=True) as file:
        file.write(b"half")
        kill()
with files.atomic_directory(target, force=True, replaceable=re.compile("data")) as directory:
    (directory / "data").write_text("new")
    if moment == "writing":
        kill()
"""


def be_killed(target: Path, kind: str, moment: str) -> None:
    """Write *target* in a process that is killed at a moment."""
    process = subprocess.run([sys.executable, "-c", KILLED, str(target), kind, moment], timeout=60, check=False)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
@pytest.mark.parametrize("moment", ["writing", "renaming"])
def test_what_a_killed_process_left_of_a_directory_is_removed_or_restored(tmp_path: Path, moment: str) -> None:
    """A directory that it was replacing has its name again, and is replaced only with force."""
    target, other = tmp_path / "made [1]", tmp_path / ".other.00000000.unfinished"
    replaceable = re.compile("data")
    with atomic_directory(target, force=False, replaceable=replaceable) as directory:
        (directory / "data").write_text("old")
    be_killed(target, "directory", moment)
    assert len([*tmp_path.iterdir()]) == 2
    other.touch()
    with pytest.raises(UsageError, match="exists"), atomic_directory(target, force=False, replaceable=replaceable):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [other.name, target.name]
    assert (target / "data").read_text() == "old"
    be_killed(target, "directory", moment)
    with atomic_directory(target, force=True, replaceable=replaceable) as directory:
        (directory / "data").write_text("newest")
    assert sorted(path.name for path in tmp_path.iterdir()) == [other.name, target.name]
    assert (target / "data").read_text() == "newest"


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_the_file_of_a_killed_process_is_removed_and_that_of_a_living_one_kept(tmp_path: Path) -> None:
    target, names = tmp_path / "made.zip", re.compile(r".+\.zip")
    be_killed(tmp_path / "other.zip", "file", "writing")
    (killed,) = tmp_path.iterdir()
    with atomic_file(target, force=False) as file, atomic_directory(tmp_path / "made", force=False, replaceable=names):
        file.write(b"all of it")
        assert killed.exists()
        remove_leftovers(tmp_path, re.compile(".+"))
        assert not killed.exists()
        assert len([*tmp_path.iterdir()]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "made.zip"]
    assert target.read_bytes() == b"all of it"


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_the_next_file_of_the_name_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    """Not what another process is still writing."""
    target = tmp_path / "made [1].zip"
    be_killed(target, "file", "writing")
    (killed,) = tmp_path.iterdir()
    with atomic_file(target, force=True) as first, atomic_file(target, force=True) as second:
        assert not killed.exists()
        assert len([*tmp_path.iterdir()]) == 2
        second.write(b"second")
        first.write(b"first")
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    assert target.read_bytes() == b"first"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no FIFOs in its file systems")
def test_a_fifo_with_the_name_of_a_leftover_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".made.00000000.unfinished")
    with atomic_file(tmp_path / "made", force=False) as file:
        file.write(b"all of it")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_what_another_user_left_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a directory in which only its owner may remove a file."""
    target, left = tmp_path / "made", tmp_path / ".made.00000000.unfinished"
    left.touch()

    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        remove_leftovers(tmp_path, re.compile("made"))
    assert left.exists()
    with atomic_file(target, force=False) as file:
        file.write(b"all of it")
    assert not left.exists()
