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

from store.diagnosis import diagnose
from store.diagnosis.check import OK, UNCHECKED, WARNING, WRONG, Check
from veritas import __version__
from veritas.archive.keys import TRUSTED_KEYS, key_path, parse_public_keys, read_signing_key
from veritas.audit.browser.finder import find_browser
from veritas.config import Settings, default_database
from veritas.core.ipc import create_queue
from veritas.core.rollout import decide
from veritas.errors import BrowserMissing, InvalidSetting, QueueUnavailable
from veritas.files import scratch_directory
from veritas.formatting import count

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
    yield from diagnose(database or default_database(), creates_directory=database is None)
    yield _synchronised()
    yield _key(key := key_path(settings.key), is_own=not settings.key)
    yield _trusted_keys(key.with_name(TRUSTED_KEYS))
    yield _browser(settings.browser)
    yield _mode(settings)
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
    finding = "this system does not say whether its clock follows a time server"
    return Check("time", WARNING, finding, "see to it that it does, for a record is worth what its clock is")


def _key(path: Path, *, is_own: bool) -> Check:
    """Look at the signing key, and at who else can use it; the user's own is made when it is first needed."""
    try:
        if is_own and not path.exists():
            return Check("key", OK, f"there is no signing key at {str(path)!r} yet; the first checkpoint makes one")
        read_signing_key(path)
        mode, around = path.stat().st_mode, path.parent.stat().st_mode
    except InvalidSetting as error:
        return Check.of("key", WRONG, error)
    except OSError as error:
        finding = f"the signing key {str(path)!r} cannot be looked at: {error.strerror}"
        return Check("key", WRONG, finding, "make its directory readable, or name another with VERITAS_KEY")
    where = f"the signing key {str(path)!r} has mode {stat.S_IMODE(mode):04o}"
    if os.name != "posix":
        return Check("key", OK, f"the signing key is {str(path)!r}")
    if around & (stat.S_IWGRP | stat.S_IWOTH):
        finding = f"others can put another key in its place, for they may write to {str(path.parent)!r}"
        return Check("key", WRONG, finding, f"chmod 700 {str(path.parent)!r}")
    if path.stat().st_uid != os.geteuid():
        return Check("key", WARNING, f"{where} and is another user's", "sign as that user, or with a key of your own")
    return Check("key", OK, f"{where}: nobody but its owner can use it")


def _trusted_keys(path: Path) -> Check:
    try:
        if not path.exists():
            return Check("trusted keys", OK, f"no others' keys are trusted, for there is no {str(path)!r}")
        listed = len(parse_public_keys([str(path)]))
    except InvalidSetting as error:
        return Check.of("trusted keys", WRONG, error)
    except OSError as error:
        finding = f"the list {str(path)!r} cannot be looked at: {error.strerror}"
        return Check("trusted keys", WRONG, finding, "make its directory readable")
    return Check("trusted keys", OK, f"{count(listed, 'public key')} of others are trusted, from {str(path)!r}")


def _browser(preferred: str | None) -> Check:
    try:
        path = find_browser(preferred)
    except BrowserMissing as error:
        return Check.of("browser", WRONG, error)
    version = None if sys.platform == "win32" else _answer([str(path), "--version"])  # there it opens a window
    return Check("browser", OK, f"{version or 'a browser'} at {str(path)!r}")


def _mode(settings: Settings) -> Check:
    """Look at what decides over which transport an audit's events go."""
    try:
        decision = decide(settings)
    except InvalidSetting as error:
        return Check.of("mode", WRONG, error)
    if decision.share is None:
        return Check("mode", OK, f"all audits use {decision.mode}, by {decision.origin}")
    return Check("mode", OK, f"{decision.share:.0%} of the audits use the queue, by {decision.share_origin}")


def _queue() -> Check:
    try:
        create_queue().close()
    except QueueUnavailable as error:
        return Check("queue", WARNING, f"{str(error).rstrip('.')}, so audits go over stdout")
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
