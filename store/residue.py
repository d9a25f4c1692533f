"""Looking into a database's file for bytes that should be gone from it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

# A process that closes an SQLite file loses all locks that it has on it, SQLite's own among them: so another one looks.
# What for it is told over its stdin, for everyone may read its arguments.
_LOOK = """
import sys
wanted = [bytes.fromhex(text) for text in sys.stdin.read().split()]
longest, tail = max(map(len, wanted)), b""
with open(sys.argv[1], "rb") as file:
    while chunk := file.read(1 << 20):
        seen = tail + chunk
        if any(part in seen for part in wanted):
            sys.exit(10)
        tail = seen[1 - longest:]
"""
_FOUND = 10


def holds(path: Path, wanted: Collection[bytes]) -> bool:
    """Tell whether one of *wanted* stands anywhere in a file, used or not.

    Raises:
        OSError: It cannot be read.
    """
    command = [sys.executable, "-I", "-S", "-c", _LOOK, str(path)]
    told = " ".join(part.hex() for part in wanted)
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=False)
    if done.returncode not in (0, _FOUND):
        raise OSError(f"it cannot be searched: {''.join(done.stderr.splitlines()[-1:])}")
    return done.returncode == _FOUND
