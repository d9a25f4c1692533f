"""Running a program in a terminal of a given width, as far as it can tell."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios


def run_in_terminal(*arguments: str, width: int, **environment: str) -> str:
    """Run Python with *arguments* and return what the terminal was sent; its stdout and stderr are the terminal."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    plain = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=plain | {"TERM": "xterm-256color"} | environment,
    ):
        os.close(terminal)
        sent = b"".join(iter(lambda: _read(controller), b""))
    os.close(controller)
    return sent.decode("utf-8").replace("\r\n", "\n")


def _read(controller: int) -> bytes:
    try:
        return os.read(controller, 65536)
    except OSError as error:
        if error.errno != errno.EIO:  # on Linux that is how the end of a terminal reads
            raise
        return b""
