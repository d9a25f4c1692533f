"""A run's temporary files: private, short of path, and gone with the run."""

import os
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from veritas.files import remove_directory, scratch_directory


def test_it_is_private_and_gone_with_its_block():
    """Whatever is in it, and however the block ends."""
    with pytest.raises(RuntimeError), scratch_directory() as directory:
        assert stat.S_IMODE(Path(directory).stat().st_mode) == 0o700
        (Path(directory) / "deep").mkdir()
        (Path(directory) / "deep" / "file").write_text("x")
        raise RuntimeError
    assert not Path(directory).exists()


@pytest.mark.skipif(os.name == "nt", reason="a pipe's name there has no such limit")
def test_its_path_is_short_where_the_temporary_directory_s_is_not(monkeypatch, tmp_path):
    """Chromium puts a socket into it, whose path may have 107 bytes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("d" * 100)))
    with scratch_directory() as directory:
        assert len(directory) + len("/org.chromium.Chromium.XXXXXX/SingletonSocket") < 108


def test_files_that_are_written_while_it_is_removed_go_as_well(tmp_path):
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
