"""Keys are recognised in the input of a terminal, on POSIX and on Windows."""

from __future__ import annotations

import signal
import sys
import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.cli.player import keyboard
from veritas.cli.player.keyboard import keys_in, open_keyboard

SENT = {
    b" ": " ",
    b".": ".",
    b"q": "q",
    b"\r": "enter",
    b"\n": "enter",
    b"\x7f": "backspace",
    b"\x1b[A": "up",
    b"\x1bOB": "down",
    b"\x1b[C": "right",
    b"\x1bOD": "left",
    b"\x1b[H": "home",
    b"\x1b[4~": "end",
    b"\x1b[5~": "page up",
    b"\x1b[6~": "page down",
    "\N{LATIN SMALL LETTER E WITH ACUTE}".encode(): "\N{LATIN SMALL LETTER E WITH ACUTE}",
    "\N{GRINNING FACE}".encode(): "\N{GRINNING FACE}",
}


@pytest.mark.parametrize(("sent", "key"), SENT.items())
def test_the_bytes_of_each_key_are_recognised(sent: bytes, key: str) -> None:
    assert keys_in(sent) == ([key], b"")


def test_other_bytes_are_ignored() -> None:
    """Function keys, mouse reports, control characters, and bytes that are not UTF-8."""
    assert keys_in(b"\x1b[15~\x1b[<0;10;5M\x00\x01\xff\xc3(q") == (["(", "q"], b"")


def test_a_bare_escape_is_a_key() -> None:
    assert keys_in(b"\x1bq") == (["escape", "q"], b"")
    assert keys_in(b"\x1b") == ([], b"\x1b")  # the beginning of another key, unless nothing follows


@given(st.lists(st.sampled_from(list(SENT))), st.lists(st.integers(1, 4)))
def test_keys_split_over_reads_are_recognised(sent: list[bytes], pieces: list[int]) -> None:
    """An escape at the end of a read waits for its rest, for which a typed `[` would be taken."""
    whole = b"".join(sent)
    keys: list[str] = []
    rest = b""
    for size in pieces:
        piece, whole = whole[:size], whole[size:]
        found, rest = keys_in(rest + piece)
        keys += found
    found, rest = keys_in(rest + whole)
    assert keys + found == [SENT[one] for one in sent]
    assert rest == b""


@given(st.binary(max_size=50))
def test_few_bytes_of_an_incomplete_key_are_kept(sent: bytes) -> None:
    _, rest = keys_in(sent)
    assert len(rest) < 32
    assert not rest or rest.startswith(b"\x1b") or len(rest) < 4


def test_on_windows_keys_come_from_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests do not run on Windows: a stub replaces its console, and POSIX modules are not imported."""
    typed = list(" \xe0K\0H.\r\x1b\xe0\x85q")
    console = SimpleNamespace(kbhit=lambda: bool(typed), getwch=lambda: typed.pop(0))
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    monkeypatch.setitem(sys.modules, "termios", None)
    monkeypatch.setitem(sys.modules, "tty", None)
    monkeypatch.setattr(keyboard, "sys", SimpleNamespace(platform="win32"))
    with open_keyboard(leave=pytest.fail, resume=pytest.fail) as keys:
        assert keys.read(0.0) == [" ", "left", "up", ".", "enter", "escape", "q"]
        assert keys.read(0.02) == []
        assert keys.clock() <= time.monotonic()
        typed.append("\x03")
        with pytest.raises(KeyboardInterrupt):
            keys.read(1.0)
        typed += "dir\r"
    assert typed == []  # keys that were not read do not reach the shell


def test_an_ignored_signal_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """For example under nohup."""
    monkeypatch.setattr(keyboard, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(kbhit=bool))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with open_keyboard(leave=pytest.fail, resume=pytest.fail):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signal_handlers_are_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyboard, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(kbhit=bool))
    names = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(name) for name in names]
    with open_keyboard(leave=pytest.fail, resume=pytest.fail):
        assert [signal.getsignal(name) for name in names] != before
    assert [signal.getsignal(name) for name in names] == before
