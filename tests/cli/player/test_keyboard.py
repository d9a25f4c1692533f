"""Keys are told apart from what a terminal sends, on POSIX and on Windows."""

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
from veritas.replay.player import Key

SENT = {
    b" ": Key.PAUSE,
    b".": Key.NEXT_EVENT,
    b"\r": Key.NEXT_EVENT,
    b"]": Key.NEXT_PHASE,
    b"[": Key.PREVIOUS_PHASE,
    b"q": Key.QUIT,
    b"\x1b[A": Key.FASTER,
    b"\x1bOB": Key.SLOWER,
    b"\x1b[C": Key.FORWARD,
    b"\x1bOD": Key.BACK,
    b"\x1b[H": Key.START,
    b"\x1b[4~": Key.END,
}


@pytest.mark.parametrize(("sent", "key"), SENT.items())
def test_a_key_is_known_by_what_the_terminal_sends(sent: bytes, key: Key) -> None:
    assert keys_in(sent) == ([key], b"")


def test_what_means_nothing_is_passed_over() -> None:
    """Other keys, function keys, a mouse's reports, text that was pasted, and an escape key alone."""
    assert keys_in(b"xyz\x1b[15~\x1b[<0;10;5M\xc3\xa4\x1bq") == ([Key.QUIT], b"")


@given(st.lists(st.sampled_from(list(SENT))), st.lists(st.integers(1, 4)))
def test_keys_that_come_in_pieces_are_the_same_keys(sent: list[bytes], pieces: list[int]) -> None:
    """Though an escape with nothing behind it waits for the rest, which a `[` typed by itself would be taken for."""
    whole = b"".join(sent)
    keys: list[Key] = []
    rest = b""
    for size in pieces:
        piece, whole = whole[:size], whole[size:]
        found, rest = keys_in(rest + piece)
        keys += found
    found, rest = keys_in(rest + whole)
    assert keys + found == [SENT[one] for one in sent]
    assert rest == b""


@given(st.binary(max_size=50))
def test_nothing_that_a_terminal_sends_is_kept_for_ever(sent: bytes) -> None:
    _, rest = keys_in(sent)
    assert len(rest) < 32
    assert not rest or rest.startswith(b"\x1b")


def test_on_windows_keys_come_from_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Windows runs these tests: its console stands in, and nothing of POSIX is touched."""
    typed = list(" \xe0K\0H.x\xe0\x85q")
    console = SimpleNamespace(kbhit=lambda: bool(typed), getwch=lambda: typed.pop(0))
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    monkeypatch.setitem(sys.modules, "termios", None)
    monkeypatch.setitem(sys.modules, "tty", None)
    monkeypatch.setattr(keyboard, "sys", SimpleNamespace(platform="win32"))
    with open_keyboard(leave=pytest.fail, resume=pytest.fail) as keys:
        assert keys.read(0.0) == [Key.PAUSE, Key.BACK, Key.FASTER, Key.NEXT_EVENT, Key.QUIT]
        assert keys.read(0.02) == []
        assert keys.clock() <= time.monotonic()
        typed.append("\x03")
        with pytest.raises(KeyboardInterrupt):
            keys.read(1.0)


def test_a_signal_that_was_to_be_ignored_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under nohup."""
    monkeypatch.setattr(keyboard, "sys", SimpleNamespace(platform="win32"))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with open_keyboard(leave=pytest.fail, resume=pytest.fail):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signals_are_handled_as_before_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyboard, "sys", SimpleNamespace(platform="win32"))
    names = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(name) for name in names]
    with open_keyboard(leave=pytest.fail, resume=pytest.fail):
        assert [signal.getsignal(name) for name in names] != before
    assert [signal.getsignal(name) for name in names] == before
