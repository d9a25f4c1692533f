"""The branches for Windows are taken, and use nothing of POSIX.

The tests patch the platform's name, because they do not run on Windows. They rely on multiprocessing for named pipes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from multiprocessing import connection
from pathlib import Path
from types import SimpleNamespace

import pytest

import veritas.recording.child_process
from tests.channels.test_channels import Channel
from veritas.archive.archive import Archive
from veritas.channels import queue_client
from veritas.core.ipc import create_queue, serialize_queue
from veritas.scratch import scratch_directory


def test_the_queue_listens_on_a_named_pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It does not have a directory then, and nothing to remove. (Here the pipe is a socket.)"""
    families: list[str] = []

    def arbitrary_address(family: str) -> str:
        families.append(family)
        return str(tmp_path / "pipe")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # which no other test uses at the same time
    monkeypatch.setattr(connection, "arbitrary_address", arbitrary_address)
    monkeypatch.setattr("veritas.core.ipc.sys", SimpleNamespace(platform="win32"))
    queue = create_queue()
    try:
        assert serialize_queue(queue)[0] == str(tmp_path / "pipe")
        assert families == ["AF_PIPE"]
        queue.put({"seq": 1})
        assert queue.get(timeout=20) == {"seq": 1}
        assert not list(tmp_path.glob("veritas-*"))
    finally:
        queue.close()


def test_no_socket_option_is_set_on_a_named_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The `socket` module cannot use the handle of a pipe."""
    monkeypatch.setattr(queue_client, "os", SimpleNamespace(name="nt"))
    queue_client.limit_writes(SimpleNamespace(fileno=lambda: pytest.fail("it was used")), 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["queue", "stdout", "validate"])
def test_a_run_ends_without_process_groups(mode: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Windows does not have `killpg`, and a run does not need it."""
    monkeypatch.setattr(veritas.recording.child_process, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(os, "killpg", lambda *_: pytest.fail("it was called"))
    with Archive.open(tmp_path / "log.db") as archive:
        channel = Channel(mode, archive)
        try:
            assert channel.run("50,barrier,close") == 0
            for source in channel.sources:
                assert len(channel.events(source)) == 51
        finally:
            if channel.queue is not None:
                channel.queue.close()


def test_a_long_path_of_the_temporary_directory_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only the path of a socket has to be short, and a browser on Windows does not use one."""
    long = tmp_path / ("x" * 80)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    monkeypatch.setattr("veritas.scratch.sys", SimpleNamespace(platform="win32"))
    with scratch_directory() as directory:
        assert Path(directory).parent == long


def test_the_manager_is_spawned_on_every_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the tests run what Windows runs: the manager is never forked."""
    queue = create_queue()
    try:
        assert queue._manager._ctx.get_start_method() == "spawn"
        line = Path(f"/proc/{queue._manager.pid}/cmdline")
        if sys.platform == "linux":
            assert b"spawn_main" in line.read_bytes()
    finally:
        queue.close()
