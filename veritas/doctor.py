"""Looking over all that an audit and its record rest on: the installation, the log, the clock, the key, the browser."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from store.check import OK, UNCHECKED, WARNING, WRONG, Check
from store.diagnosis import diagnose
from veritas import __version__
from veritas.audit.browser_finder import find_browser
from veritas.config import Settings, default_database, default_key
from veritas.core.ipc import create_queue
from veritas.errors import BrowserMissing, QueueUnavailable
from veritas.scratch import scratch_directory

__all__ = ["OK", "UNCHECKED", "WARNING", "WRONG", "Check", "examine"]

_PATIENCE = 20  # seconds for another program to answer


def examine(database: str | Path | None, settings: Settings) -> Iterator[Check]:
    """Look at everything, and yield each finding as soon as it is known.

    Args:
        database: A path or an SQLAlchemy URL of the log; None for the default file.
        settings: The environment's.
    """
    system = f"{platform.system()} {platform.release()}"
    yield Check("version", OK, f"VERITAS {__version__} on Python {platform.python_version()}, {system}")
    yield from diagnose(database or default_database())
    yield _synchronised()
    yield from _key(Path(settings.key) if settings.key else default_key())
    yield _browser(settings.browser)
    yield _queue()
    yield _scratch()


def _synchronised() -> Check:
    """Ask the system whether its clock follows a time server."""
    said = None
    if (timedatectl := shutil.which("timedatectl")) is not None:
        said = _answer([timedatectl, "show", "--property=NTPSynchronized", "--value"])
    if said == "no":
        finding = "the system's clock follows no time server"
        return Check("time", WARNING, finding, "`timedatectl set-ntp true`, for a record is worth what its clock is")
    if said == "yes":
        return Check("time", OK, "the system's clock follows a time server")
    return Check("time", OK, "this system does not say what sets its clock")


def _key(path: Path) -> Iterator[Check]:
    """Look at who can read the signing key; its bytes are not looked at."""
    try:
        mode, around = path.stat().st_mode, path.parent.stat().st_mode
    except FileNotFoundError:
        yield Check("key", OK, f"there is no signing key at {str(path)!r} yet; the first checkpoint makes one")
        return
    except OSError as error:
        yield Check("key", UNCHECKED, f"the signing key {str(path)!r} cannot be looked at: {error.strerror}")
        return
    where = f"the signing key {str(path)!r} has mode {stat.S_IMODE(mode):04o}"
    if os.name != "posix":
        yield Check("key", OK, f"the signing key is {str(path)!r}")
    elif mode & (stat.S_IRWXG | stat.S_IRWXO):
        remedy = f"chmod 600 {str(path)!r}, and sign with a new one if somebody has read it"
        yield Check("key", WRONG, f"{where}: others can use it", remedy)
    elif around & (stat.S_IWGRP | stat.S_IWOTH):
        finding = f"others can put another key in its place, for they may write to {str(path.parent)!r}"
        yield Check("key", WRONG, finding, f"chmod 700 {str(path.parent)!r}")
    elif path.stat().st_uid != os.geteuid():
        yield Check("key", WARNING, f"{where} and is another user's", "sign as that user, or with a key of your own")
    else:
        yield Check("key", OK, f"{where}: nobody but its owner can use it")


def _browser(preferred: str | None) -> Check:
    try:
        path = find_browser(preferred)
    except BrowserMissing as error:
        return Check.of("browser", WRONG, error)
    version = None if sys.platform == "win32" else _answer([str(path), "--version"])  # there it opens a window
    return Check("browser", OK, f"{version or 'a browser'} at {str(path)!r}")


def _queue() -> Check:
    try:
        create_queue().close()
    except QueueUnavailable as error:
        return Check.of("queue", WARNING, error)
    return Check("queue", OK, "a queue between two processes can be made")


def _scratch() -> Check:
    """Make what an audit's child gets for its temporary files."""
    chosen = tempfile.gettempdir()
    try:
        with scratch_directory() as directory:
            used = str(Path(directory).parent)
    except OSError as error:
        finding = f"no temporary directory can be made in {chosen!r}: {error.strerror}"
        return Check("temporary files", WRONG, finding, "set TMPDIR to a directory that can be written to")
    if used != chosen:
        finding = f"the path of {chosen!r} is too long for a browser's socket, so audits use {used!r}"
        return Check("temporary files", OK, finding)
    return Check("temporary files", OK, f"audits keep them in {used!r}, and remove them")


def _answer(command: list[str]) -> str | None:
    """Return the first line that a program answers with; None where it does not."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=True, errors="replace")
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip().partition("\n")[0] or None
