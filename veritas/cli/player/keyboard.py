"""Reading single keys from the terminal, which is given back as it was however that ends."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Protocol

from veritas.replay.player import Key

_KEYS: Mapping[bytes, Key] = {
    b" ": Key.PAUSE,
    b".": Key.NEXT_EVENT,
    b"\r": Key.NEXT_EVENT,
    b"\n": Key.NEXT_EVENT,
    b"]": Key.NEXT_PHASE,
    b"[": Key.PREVIOUS_PHASE,
    b"q": Key.QUIT,
    b"Q": Key.QUIT,
}
_ARROWS: Mapping[bytes, Key] = {  # behind ESC [ or ESC O
    b"A": Key.FASTER,
    b"B": Key.SLOWER,
    b"C": Key.FORWARD,
    b"D": Key.BACK,
    b"H": Key.START,
    b"F": Key.END,
    b"1~": Key.START,
    b"7~": Key.START,
    b"4~": Key.END,
    b"8~": Key.END,
}
_WINDOWS_ARROWS: Mapping[str, Key] = {  # behind NUL or U+00E0
    "H": Key.FASTER,
    "P": Key.SLOWER,
    "M": Key.FORWARD,
    "K": Key.BACK,
    "G": Key.START,
    "O": Key.END,
}
_WINDOWS_POLL = 0.01


class Keyboard(Protocol):
    """What gives the keys that are pressed."""

    def read(self, seconds: float) -> list[Key]:
        """Return the keys pressed since the last time, having waited so long at most for the first of them."""

    def clock(self) -> float:
        """Return the time, in seconds; it stands still while the program is suspended."""


@contextlib.contextmanager
def open_keyboard(*, leave: Callable[[], object], resume: Callable[[], object]) -> Iterator[Keyboard]:
    """Give the keyboard of the terminal that stdin is.

    Being asked to terminate, or losing the terminal, interrupts as ^C does.

    Args:
        leave: Gives the screen back, where the program is to be suspended.
        resume: Takes it again.

    Raises:
        KeyboardInterrupt: From within the block.
    """
    with _handling(_interrupt, "SIGTERM", "SIGHUP"):
        if sys.platform == "win32":
            yield _WindowsKeyboard()
        else:
            with _PosixKeyboard(sys.stdin.fileno(), leave, resume) as keyboard:
                yield keyboard


def keys_in(pressed: bytes) -> tuple[list[Key], bytes]:
    """Return the keys in what a terminal sends, and the beginning of one whose rest has not come yet."""
    keys: list[Key] = []
    while pressed:
        if not pressed.startswith(b"\x1b"):
            keys += [_KEYS[pressed[:1]]] if pressed[:1] in _KEYS else []
            pressed = pressed[1:]
            continue
        if len(pressed) < 3 and pressed in (b"\x1b", b"\x1b[", b"\x1bO"):
            return keys, pressed
        if pressed[1:2] not in (b"[", b"O"):
            pressed = pressed[1:]  # a bare escape
            continue
        end = next((at for at in range(2, len(pressed)) if 0x40 <= pressed[at] <= 0x7E), None)
        if end is None:
            return keys, pressed if len(pressed) < 32 else b""
        named = pressed[2 : end + 1]
        keys += [_ARROWS[named]] if named in _ARROWS else []
        pressed = pressed[end + 1 :]
    return keys, b""


class _PosixKeyboard:
    def __init__(self, terminal: int, leave: Callable[[], object], resume: Callable[[], object]) -> None:
        self._terminal = terminal
        self._leave, self._resume = leave, resume
        self._rest = b""
        self._asked_to_suspend = False
        self._absent = 0.0  # seconds that it was suspended

    def __enter__(self) -> _PosixKeyboard:
        import termios

        self._modes = termios.tcgetattr(self._terminal)
        self._take()
        self._handled = contextlib.ExitStack()
        self._handled.enter_context(_handling(self._note_suspension, "SIGTSTP"))
        return self

    def __exit__(self, *_: object) -> None:
        self._handled.close()
        self._give_back()

    def read(self, seconds: float) -> list[Key]:
        import select

        ready, _, _ = select.select([self._terminal], [], [], max(seconds, 0.0))
        if self._asked_to_suspend:
            self._suspend()
        if not ready:
            self._rest = b""  # a lone escape key
            return []
        pressed = os.read(self._terminal, 1024)
        if not pressed:  # nobody is there any more
            raise KeyboardInterrupt
        keys, self._rest = keys_in(self._rest + pressed)
        return keys

    def clock(self) -> float:
        return time.monotonic() - self._absent

    def _take(self) -> None:
        import tty

        tty.setcbreak(self._terminal)

    def _give_back(self) -> None:
        import termios

        with contextlib.suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(self._terminal, termios.TCSANOW, self._modes)

    def _note_suspension(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_suspend = True  # the screen may be in the middle of a line

    def _suspend(self) -> None:
        self._asked_to_suspend = False
        since = time.monotonic()
        self._leave()
        self._give_back()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._note_suspension)
        self._take()
        self._resume()
        self._absent += time.monotonic() - since


class _WindowsKeyboard:
    def read(self, seconds: float) -> list[Key]:
        import msvcrt

        deadline = time.monotonic() + seconds
        keys: list[Key] = []
        while not keys:
            while msvcrt.kbhit():  # type: ignore[attr-defined]
                pressed = msvcrt.getwch()  # type: ignore[attr-defined]
                if pressed == "\x03":
                    raise KeyboardInterrupt
                if pressed in ("\0", "\xe0"):
                    key = _WINDOWS_ARROWS.get(msvcrt.getwch())  # type: ignore[attr-defined]
                else:
                    key = _KEYS.get(pressed.encode("utf-8", "replace"))
                keys += [key] if key else []
            if (left := deadline - time.monotonic()) <= 0:
                break
            if not keys:
                time.sleep(min(left, _WINDOWS_POLL))
        return keys

    def clock(self) -> float:
        return time.monotonic()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _handling(handle: Callable[[int, FrameType | None], None], *names: str) -> Iterator[None]:
    """Have *handle* called on these signals, except on those that whoever started the program had ignored."""
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]  # Windows has SIGTERM alone
    before = {number: signal.getsignal(number) for number in numbers}
    taken = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in taken:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
