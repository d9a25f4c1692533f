"""An audit's options reach its child process through a pipe, whole, and nowhere else."""

from __future__ import annotations

import os
import threading

import pytest

from veritas.recording.child_options import ChildOptions


def test_options_of_any_size_and_content_arrive_unchanged() -> None:
    """A pipe holds 64 KB, and the name of a file may have any bytes."""
    options = ChildOptions(
        url="http://a.test/?a=ü\n", tier="quick_scan", browser=os.fsdecode(b"/opt/\xff"), proxy="p" * 300_000, timeout=5
    )
    reading, writing = os.pipe()
    sent = threading.Thread(target=os.write, args=(writing, options.encode()))
    sent.start()
    try:
        assert ChildOptions.read(reading) == options
    finally:
        sent.join()
        os.close(writing)
        os.close(reading)


def test_a_pipe_that_ends_early_has_no_options() -> None:
    """The parent has died."""
    reading, writing = os.pipe()
    os.write(writing, ChildOptions(url="http://a.test/", tier="quick_scan").encode()[:-1])
    os.close(writing)
    with pytest.raises(EOFError):
        ChildOptions.read(reading)
    os.close(reading)
