"""Read single keys from the terminal, whose modes are restored however the program ends."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any, Protocol

# A key is the character that it types, or one of these names.
ENTER, ESCAPE, BACKSPACE = "enter", "escape", "backspace"
UP, DOWN, LEFT, RIGHT = "up", "down", "left", "right"
HOME, END, PAGE_UP, PAGE_DOWN = "home", "end", "page up", "page down"

_CONTROLS: Mapping[str, str] = {"\r": ENTER, "\n": ENTER, "\x7f": BACKSPACE, "\x08": BACKSPACE}
_SEQUENCES: Mapping[bytes, str] = {  # after ESC [ or ESC O
    b"A": UP,
    b"B": DOWN,
    b"C": RIGHT,
    b"D": LEFT,
    b"H": HOME,
    b"F": END,
    b"1~": HOME,
    b"7~": HOME,
    b"4~": END,
    b"8~": END,
    b"5~": PAGE_UP,
    b"6~": PAGE_DOWN,
}
_WINDOWS_CODES: Mapping[str, str] = {  # after NUL or U+00E0
    "H": UP,
    "P": DOWN,
    "M": RIGHT,
    "K": LEFT,
    "G": HOME,
    "O": END,
    "I": PAGE_UP,
    "Q": PAGE_DOWN,
}
_WINDOWS_POLL = 0.01  # seconds
_QUIET = 0.05  # seconds, in which a key that is held down is repeated
_LONGEST_DRAIN = 0.5  # seconds


class Keyboard(Protocol):
    """A source of pressed keys."""

    def read(self, seconds: float) -> list[str]:
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
        opened: contextlib.AbstractContextManager[Keyboard]
        if sys.platform == "win32":
            opened = _WindowsKeyboard()
        else:
            opened = _PosixKeyboard(sys.stdin.fileno(), leave, resume)
        with opened as keyboard:
            yield keyboard


def keys_in(pressed: bytes) -> tuple[list[str], bytes]:
    """Return the keys in the bytes that a terminal sent, and the bytes of an incomplete key at the end."""
    keys: list[str] = []
    while pressed:
        if not pressed.startswith(b"\x1b"):
            character, size = _character(pressed)
            if not size:
                return keys, pressed
            keys += _named(character)
            pressed = pressed[size:]
            continue
        if len(pressed) < 3 and pressed in (b"\x1b", b"\x1b[", b"\x1bO"):
            return keys, pressed
        if pressed[1:2] not in (b"[", b"O"):
            keys.append(ESCAPE)
            pressed = pressed[1:]
            continue
        end = next((at for at in range(2, len(pressed)) if 0x40 <= pressed[at] <= 0x7E), None)
        if end is None:
            return keys, pressed if len(pressed) < 32 else b""
        sequence = pressed[2 : end + 1]
        keys += [_SEQUENCES[sequence]] if sequence in _SEQUENCES else []
        pressed = pressed[end + 1 :]
    return keys, b""


def _character(pressed: bytes) -> tuple[str, int]:
    """Return the first character in UTF-8 and its size, "" for an invalid byte; the size of an incomplete one is 0."""
    lead = pressed[0]
    size = 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    try:
        return pressed[:size].decode("utf-8"), size
    except UnicodeDecodeError as error:
        return "", 0 if error.reason == "unexpected end of data" and len(pressed) < size else 1


def _named(character: str) -> list[str]:
    """Return the key that types a character; none if it types nothing visible."""
    key = _CONTROLS.get(character, character)
    return [key] if key and key.isprintable() else []


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
        import termios

        self._handlers.close()
        self._drain()
        self._restore_modes(termios.TCSAFLUSH)  # keys that were not read do not reach the shell

    def read(self, seconds: float) -> list[str]:
        import select

        ready, _, _ = select.select([self._terminal], [], [], max(seconds, 0.0))
        if self._must_suspend:
            self._suspend()
        if not ready:
            keys = [ESCAPE] if self._rest == b"\x1b" else []  # the escape key, and not the beginning of another one
            self._rest = b""
            return keys
        pressed = os.read(self._terminal, 1024)
        if not pressed:  # the terminal was closed
            raise KeyboardInterrupt
        keys, self._rest = keys_in(self._rest + pressed)
        return keys

    def clock(self) -> float:
        return time.monotonic() - self._suspended

    def _drain(self) -> None:
        """Read what was typed, and what a key that is still held down types."""
        import select

        deadline = time.monotonic() + _LONGEST_DRAIN
        with contextlib.suppress(OSError):  # the terminal was closed
            while time.monotonic() < deadline and select.select([self._terminal], [], [], _QUIET)[0]:
                if not os.read(self._terminal, 1024):
                    return

    def _set_modes(self) -> None:
        import tty

        tty.setcbreak(self._terminal)

    def _restore_modes(self, when: int) -> None:
        import termios

        with contextlib.suppress(termios.error):  # the terminal was closed
            termios.tcsetattr(self._terminal, when, self._modes)

    def _on_suspend(self, number: int, frame: FrameType | None) -> None:
        self._must_suspend = True  # suspend later: the screen may be in the middle of a line

    def _suspend(self) -> None:
        self._must_suspend = False
        import termios

        since = time.monotonic()
        self._leave()
        self._restore_modes(termios.TCSANOW)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._on_suspend)
        self._set_modes()
        self._resume()
        self._suspended += time.monotonic() - since


class _WindowsKeyboard:
    def __enter__(self) -> _WindowsKeyboard:
        import msvcrt

        self._console: Any = msvcrt  # its functions are only known on Windows
        return self

    def __exit__(self, *_: object) -> None:
        while self._console.kbhit():  # keys that were not read do not reach the shell
            self._console.getwch()

    def read(self, seconds: float) -> list[str]:
        console = self._console
        deadline = time.monotonic() + seconds
        keys: list[str] = []
        while not keys:
            while console.kbhit():
                pressed = console.getwch()
                if pressed == "\x03":
                    raise KeyboardInterrupt
                if pressed in ("\0", "\xe0"):
                    key = _WINDOWS_CODES.get(console.getwch())
                    keys += [key] if key else []
                else:
                    keys += [ESCAPE] if pressed == "\x1b" else _named(pressed)
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
