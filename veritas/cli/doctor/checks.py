"""The checks of `veritas doctor`: the installation, the log, the clock, the keys, the browser and the transports."""

from __future__ import annotations

import json
import os
import platform
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from store.diagnosis import diagnose
from store.diagnosis.check import OK, UNCHECKED, WARNING, WRONG, Check
from store.errors import DatabaseMissing, StoreError
from veritas import __version__
from veritas.archive.archive import Archive
from veritas.archive.keys import TRUSTED_KEYS, key_path, parse_public_keys, read_signing_key
from veritas.archive.rotation import has_unfinished
from veritas.audit.browser.finder import find_browser
from veritas.audit.browser.sandbox import ON, UNKNOWN, Sandbox, sandbox_as_user
from veritas.cli.lib.config_file import NAME, ConfigFile
from veritas.config import Settings, child_environment, default_database
from veritas.core.ipc import create_queue
from veritas.core.mode_decision import Decision, decide
from veritas.errors import BrowserMissing, InvalidSetting, QueueUnavailable, UsageError
from veritas.formatting import count
from veritas.rollout.history import Rollout
from veritas.rollout.ledger import Ledger
from veritas.scratch import scratch_directory

__all__ = ["OK", "UNCHECKED", "WARNING", "WRONG", "Check", "run_checks"]

_TIMEOUT = 20  # seconds for another program to answer


def run_checks(
    database: str | Path | None,
    settings: Settings,
    *,
    read_config: Callable[[], ConfigFile | None] = lambda: None,
) -> Iterator[Check]:
    """Do all checks, and yield each result as soon as it is known.

    Args:
        database: A path or an SQLAlchemy URL of the log; None for the default file.
        settings: The settings from environment variables.
        read_config: Returns the configuration file, None without one; raises a UsageError if it is faulty.
    """
    system = f"{platform.system()} {platform.release()}"
    yield Check("version", OK, f"VERITAS {__version__} on Python {platform.python_version()}, {system}")
    yield _configuration(read_config)
    yield from diagnose(database or default_database(), creates_directory=database is None)
    yield _synchronised()
    yield _key(key := key_path(settings.key), is_own=not settings.key)
    yield _trusted_keys(key.with_name(TRUSTED_KEYS))
    yield from _browser(settings.browser)
    yield _mode(settings, database)
    yield _queue()
    yield _scratch()


def _configuration(read: Callable[[], ConfigFile | None]) -> Check:
    try:
        config = read()
    except UsageError as error:
        return Check.of("configuration", WRONG, error)
    if config is None:
        finding = f"no configuration is used: there is no {NAME!r} in the working directory, and none is named"
        return Check("configuration", OK, finding)
    named = f"named by {config.named_by}" if config.named_by else "found in the working directory"
    return Check("configuration", OK, f"the options in {str(config.path.absolute())!r} are used, {named}")


def _synchronised() -> Check:
    """Ask the system whether its clock is synchronised with a time server."""
    answer = None
    if (timedatectl := shutil.which("timedatectl")) is not None:
        answer = _first_output_line([timedatectl, "show", "--property=NTPSynchronized", "--value"])
    if answer == "yes":
        return Check("time", OK, "the system clock is synchronised with a time server")
    why = "the times in the log depend on it"
    if answer == "no":
        finding = "the system clock is not synchronised with a time server"
        return Check("time", WARNING, finding, f"run `timedatectl set-ntp true`: {why}")
    finding = "this system does not report whether its clock is synchronised with a time server"
    return Check("time", WARNING, finding, f"make sure that it is: {why}")


def _key(path: Path, *, is_own: bool) -> Check:
    """Check the signing key and who else can use it; the user's own key is created when it is first needed."""
    try:
        if is_own and not path.exists():
            finding = f"there is no signing key at {str(path)!r} yet"
            return Check("key", OK, f"{finding}; the first checkpoint of an unsigned log creates one")
        read_signing_key(path)
        if has_unfinished(path):
            finding = f"a rotation of the signing key {str(path)!r} was interrupted"
            return Check("key", WARNING, finding, "`veritas key rotate` continues it")
        mode, directory_mode = path.stat().st_mode, path.parent.stat().st_mode
    except InvalidSetting as error:
        return Check.of("key", WRONG, error)
    except OSError as error:
        finding = f"the signing key {str(path)!r} cannot be read: {error.strerror}"
        return Check("key", WRONG, finding, "make its directory readable, or give another with VERITAS_KEY")
    if os.name != "posix":
        return Check("key", OK, f"the signing key is {str(path)!r}")
    if directory_mode & (stat.S_IWGRP | stat.S_IWOTH):
        finding = f"other users can replace the signing key, because they may write to {str(path.parent)!r}"
        return Check("key", WRONG, finding, f"chmod 700 {str(path.parent)!r}")
    finding = f"the signing key {str(path)!r} has mode {stat.S_IMODE(mode):04o}"
    if path.stat().st_uid != os.geteuid():
        remedy = "sign as that user, or with a key of your own"
        return Check("key", WARNING, f"{finding} and belongs to another user", remedy)
    return Check("key", OK, f"{finding}: only its owner can use it")


def _trusted_keys(path: Path) -> Check:
    try:
        if not path.exists():
            return Check("trusted keys", OK, f"only your own key is trusted, because there is no file {str(path)!r}")
        listed = len(parse_public_keys([str(path)]))
    except InvalidSetting as error:
        return Check.of("trusted keys", WRONG, error)
    except OSError as error:
        finding = f"the list {str(path)!r} cannot be read: {error.strerror}"
        return Check("trusted keys", WRONG, finding, "make its directory readable")
    return Check("trusted keys", OK, f"{count(listed, 'public key')} of others in {str(path)!r} are trusted")


def _browser(preferred: str | None) -> Iterator[Check]:
    try:
        path = find_browser(preferred)
    except BrowserMissing as error:
        yield Check.of("browser", WRONG, error)
        return
    # On Windows `--version` would open a window.
    version = None if sys.platform == "win32" else _first_output_line([str(path), "--version"])
    yield Check("browser", OK, f"{version or 'a browser'} at {str(path)!r}")
    yield _sandbox(path)


def _sandbox(browser: Path) -> Check:
    """Check whether pages run in the browser's sandbox; unless this is root, by starting it."""
    sandbox = sandbox_as_user()
    if sandbox.state == ON:
        with scratch_directory() as scratch:
            program = [sys.executable, "-P", "-c", "from veritas.audit.browser.sandbox import main; main()"]
            answer = _first_output_line([*program, str(browser)], child_environment(TMPDIR=scratch))
        if answer is None:
            return Check("sandbox", UNCHECKED, f"{str(browser)!r} does not start, so its sandbox cannot be checked")
        sandbox = Sandbox(**json.loads(answer))
    if sandbox.state == ON:
        return Check("sandbox", OK, "pages run in the browser's sandbox")
    if sandbox.state == UNKNOWN:
        finding = f"it is not known whether pages run in the browser's sandbox, because {sandbox.why}"
        return Check("sandbox", WARNING, finding, sandbox.remedy)
    finding = f"pages run without the browser's sandbox, because {sandbox.why}"
    return Check("sandbox", WARNING, finding, sandbox.remedy)


def _mode(settings: Settings, database: str | Path | None) -> Check:
    """Check the settings, and the rollouts in the log, that decide over which transport an audit's events go."""
    try:
        rollouts = _rollouts(database)
    except StoreError:
        return Check("mode", UNCHECKED, "the share of the audits that use the queue is in the log, which was not read")
    of_all = next((rollout for rollout in rollouts if rollout.last.event.tier is None), None)
    try:
        decision = decide(settings, stage=None if of_all is None else of_all.in_force)
    except InvalidSetting as error:
        return Check.of("mode", WRONG, error)
    if decision.share is None:
        return Check("mode", OK, f"all audits use {decision.mode}, by {decision.origin}")
    findings = [f"{100 * decision.share:.4g}% of the audits use the queue, by {_share_origin(decision, of_all)}"]
    if settings.rollout is None:
        findings += [
            f"{100 * rollout.last.event.share:.4g}% of those of tier {rollout.last.event.tier}"
            for rollout in rollouts
            if rollout.last.event.tier is not None
        ]
    return Check("mode", OK, ", ".join(findings))


def _rollouts(database: str | Path | None) -> list[Rollout]:
    try:
        with Archive.open(database, create=False) as archive:
            return [*Ledger(archive).rollouts().values()]
    except DatabaseMissing:
        return []


def _share_origin(decision: Decision, rollout: Rollout | None) -> str:
    """Return what the share comes from: a variable, the default, or a rollout's stage."""
    if rollout is None or decision.share_origin == "QUEUE_IPC_ROLLOUT":
        return str(decision.share_origin)
    if rollout.is_rolled_back:
        return f"the rollback of {rollout.name!r}"
    return f"the stage {rollout.last.event.stage!r} of the rollout {rollout.name!r}"


def _queue() -> Check:
    try:
        create_queue().close()
    except QueueUnavailable as error:
        return Check("queue", WARNING, f"{str(error).rstrip('.')}, so audits use stdout")
    return Check("queue", OK, "a queue between two processes can be created")


def _scratch() -> Check:
    """Make a temporary directory like that of an audit's child process."""
    default = tempfile.gettempdir()
    try:
        with scratch_directory() as directory:
            used = str(Path(directory).parent)
    except OSError as error:
        finding = f"no temporary directory can be created in {default!r}: {error.strerror}"
        return Check("temporary files", WRONG, finding, "set TMPDIR to a directory that can be written to")
    if used != default:
        finding = f"the path {default!r} is too long for a browser's socket, so audits use {used!r}"
        return Check("temporary files", OK, finding)
    return Check("temporary files", OK, f"audits put them into {used!r}, and remove them")


def _first_output_line(command: list[str], environment: Mapping[str, str] | None = None) -> str | None:
    """Return the first line of a program's output; None if it fails or prints nothing."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT, check=True, errors="replace", env=environment
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip().partition("\n")[0] or None
