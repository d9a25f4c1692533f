"""Run a program in a pseudo-terminal of a given size."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from typing import Any, Self

import pyte

_SECONDS = 30.0


def run_in_terminal(*arguments: str, width: int, **environment: str) -> str:
    """Run Python with *arguments* and return what the terminal was sent; its stdout and stderr are the terminal."""
    with Terminal(*arguments, width=width, **environment) as terminal:
        terminal.wait()
        return terminal.sent.decode("utf-8").replace("\r\n", "\n")


class Terminal:
    """A program in a terminal whose screen is read and whose keys are pressed.

    Attributes:
        process: The program; its stdin, stdout and stderr are the terminal.
        sent: All bytes that the terminal was sent so far.
    """

    def __init__(self, *arguments: str, width: int = 100, height: int = 50, **environment: str) -> None:
        """Start Python with *arguments*."""
        self.sent = b""
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self._screen)
        self._controller, self._terminal = pty.openpty()
        self.resize(width, height)
        self._modes_before = self.modes
        plain = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=self._terminal,
            stdout=self._terminal,
            stderr=self._terminal,
            env=plain | {"TERM": "xterm-256color", "PAGER": "cat"} | environment,
            preexec_fn=_be_in_control,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for end in (self._terminal, self._controller):
            os.close(end)

    @property
    def modes(self) -> list[Any]:
        """The terminal's modes, such as whether it echoes."""
        return termios.tcgetattr(self._terminal)

    @property
    def is_as_before(self) -> bool:
        """True if the terminal has its original modes, shows its cursor and is on its main screen."""
        on, off = self.sent.count(b"\x1b[?1049h"), self.sent.count(b"\x1b[?1049l")
        return self.modes == self._modes_before and not self._screen.cursor.hidden and on == off

    @property
    def rows(self) -> list[str]:
        """The text on the screen, row by row."""
        return [row.rstrip() for row in self._screen.display]

    def colour_of(self, text: str) -> str:
        """Return the colour of the first character of *text*, which is on the screen."""
        row = next(at for at, shown in enumerate(self.rows) if text in shown)
        return str(self._screen.buffer[row][self.rows[row].index(text)].fg)

    def resize(self, width: int, height: int) -> None:
        """Change the terminal's size."""
        fcntl.ioctl(self._controller, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self._screen.resize(height, width)

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._controller, keys.encode())

    def hang_up(self) -> None:
        """Close the terminal, as closing a window does."""
        os.close(self._controller)
        self._controller = os.open(os.devnull, os.O_RDONLY)

    def shows(self, text: str) -> None:
        """Wait until a row of the screen contains *text*."""
        self.until(lambda: any(text in row for row in self.rows), f"to show {text!r}")

    def until(self, condition: Callable[[], bool], what: str = "to reach a state") -> None:
        """Read what the terminal is sent until *condition* holds; *what* completes the error message."""
        deadline = time.monotonic() + _SECONDS
        while not condition():
            screen = "\n".join(self.rows)
            assert time.monotonic() < deadline, f"The terminal was expected {what}, and shows:\n{screen}"
            self._read(0.05)

    def wait(self) -> int:
        """Read what the terminal is sent until the program has ended; return its exit status."""
        self.until(lambda: self.process.poll() is not None, "to end")
        while self._read(0.0):
            pass
        return self.process.returncode

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def _read(self, seconds: float) -> bytes:
        if not select.select([self._controller], [], [], seconds)[0]:
            return b""
        try:
            read = os.read(self._controller, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # on Linux, EIO is the end of a terminal
                raise
            return b""
        self.sent += read
        self._stream.feed(read)
        return read


def _be_in_control() -> None:
    """Start a session whose controlling terminal is stdin, so that the program receives its ^C."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
