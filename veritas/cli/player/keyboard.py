"""Read single keys from the terminal, whose modes are restored however the program ends."""

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
_ARROWS: Mapping[bytes, Key] = {  # after ESC [ or ESC O
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
_WINDOWS_ARROWS: Mapping[str, Key] = {  # after NUL or U+00E0
    "H": Key.FASTER,
    "P": Key.SLOWER,
    "M": Key.FORWARD,
    "K": Key.BACK,
    "G": Key.START,
    "O": Key.END,
}
_WINDOWS_POLL = 0.01  # seconds


class Keyboard(Protocol):
    """A source of pressed keys."""

    def read(self, seconds: float) -> list[Key]:
        """Return the keys pressed since the last call; wait at most *seconds* for the first."""

    def clock(self) -> float:
        """Return a monotonic time in seconds that stops while the program is suspended."""


@contextlib.contextmanager
def open_keyboard(*, leave: Callable[[], object], resume: Callable[[], object]) -> Iterator[Keyboard]:
    """Give the keyboard of the terminal on stdin.

    SIGTERM and SIGHUP raise `KeyboardInterrupt` in the block, as ^C does.

    Args:
        leave: Restores the screen before the program is suspended.
        resume: Takes over the screen again.

    Raises:
        KeyboardInterrupt: The program was interrupted.
    """
    with _handling(_interrupt, "SIGTERM", "SIGHUP"):
        if sys.platform == "win32":
            yield _WindowsKeyboard()
        else:
            with _PosixKeyboard(sys.stdin.fileno(), leave, resume) as keyboard:
                yield keyboard


def keys_in(pressed: bytes) -> tuple[list[Key], bytes]:
    """Return the keys in the bytes that a terminal sent, and the bytes of an incomplete key at the end."""
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
        sequence = pressed[2 : end + 1]
        keys += [_ARROWS[sequence]] if sequence in _ARROWS else []
        pressed = pressed[end + 1 :]
    return keys, b""


class _PosixKeyboard:
    def __init__(self, terminal: int, leave: Callable[[], object], resume: Callable[[], object]) -> None:
        self._terminal = terminal
        self._leave, self._resume = leave, resume
        self._rest = b""
        self._must_suspend = False
        self._suspended = 0.0  # seconds in all

    def __enter__(self) -> _PosixKeyboard:
        import termios

        self._modes = termios.tcgetattr(self._terminal)
        self._set_modes()
        self._handlers = contextlib.ExitStack()
        self._handlers.enter_context(_handling(self._on_suspend, "SIGTSTP"))
        return self

    def __exit__(self, *_: object) -> None:
        self._handlers.close()
        self._restore_modes()

    def read(self, seconds: float) -> list[Key]:
        import select

        ready, _, _ = select.select([self._terminal], [], [], max(seconds, 0.0))
        if self._must_suspend:
            self._suspend()
        if not ready:
            self._rest = b""  # a lone escape key
            return []
        pressed = os.read(self._terminal, 1024)
        if not pressed:  # the terminal was closed
            raise KeyboardInterrupt
        keys, self._rest = keys_in(self._rest + pressed)
        return keys

    def clock(self) -> float:
        return time.monotonic() - self._suspended

    def _set_modes(self) -> None:
        import tty

        tty.setcbreak(self._terminal)

    def _restore_modes(self) -> None:
        import termios

        with contextlib.suppress(termios.error):  # the terminal was closed
            termios.tcsetattr(self._terminal, termios.TCSANOW, self._modes)

    def _on_suspend(self, number: int, frame: FrameType | None) -> None:
        self._must_suspend = True  # suspend later: the screen may be in the middle of a line

    def _suspend(self) -> None:
        self._must_suspend = False
        since = time.monotonic()
        self._leave()
        self._restore_modes()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._on_suspend)
        self._set_modes()
        self._resume()
        self._suspended += time.monotonic() - since


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
    """Call *handle* on these signals during the block, except on signals that the parent process set to be ignored."""
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]  # Windows has only SIGTERM
    handlers = {number: signal.getsignal(number) for number in numbers}
    replaced = {number: handler for number, handler in handlers.items() if handler is not signal.SIG_IGN}
    for number in replaced:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)
