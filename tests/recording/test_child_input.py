"""An audit's options reach its child process through a pipe, whole, and nowhere else."""

from __future__ import annotations

import os
import threading

import pytest

from veritas.config import Settings
from veritas.events.visitor import MOBILE, Visitor
from veritas.recording.audit_options import AuditOptions
from veritas.recording.child_input import ChildInput


def test_options_of_any_size_and_content_arrive_unchanged() -> None:
    """A pipe holds 64 KB, and the name of a file may have any bytes."""
    options = AuditOptions(
        browser=os.fsdecode(b"/opt/\xff"), proxy="p" * 300_000, timeout=5, visitor=Visitor(viewport=MOBILE, locale="de")
    )
    sent = ChildInput("http://a.test/?a=ü\n", "quick_scan", options, Settings(proxy="http://a:b@c"), "00ff")
    reading, writing = os.pipe()
    sending = threading.Thread(target=os.write, args=(writing, sent.encode()))
    sending.start()
    try:
        assert ChildInput.read(reading) == sent
    finally:
        sending.join()
        os.close(writing)
        os.close(reading)


def test_a_pipe_that_ends_early_has_no_options() -> None:
    """The parent has died."""
    reading, writing = os.pipe()
    os.write(writing, ChildInput("http://a.test/", "quick_scan", AuditOptions(), Settings(), "00ff").encode()[:-1])
    os.close(writing)
    with pytest.raises(EOFError):
        ChildInput.read(reading)
    os.close(reading)
