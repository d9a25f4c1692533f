"""Hide the secrets in this process's command line and environment from the list of processes.

A command line can be read by every user of the machine, and an environment by every process of the same user. On Linux
a process may overwrite both in its own memory. Elsewhere they stay as they were given.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from veritas.config import password_variables

_STAT = Path("/proc/self/stat")
_ARGUMENTS, _ENVIRONMENT = slice(45, 47), slice(47, 49)  # arg_start to env_end of proc_pid_stat(5), after the name
_HINT = re.compile(r"[=@]|pass|pwd|pw|secret|token|key|auth|cred|jwt|sig|sess|sid|otp|hmac|ticket", re.I)


def hide_secrets() -> None:
    """Overwrite the secrets in the memory from which the system answers who asks for the process's arguments."""
    arguments = [text for text in sys.orig_argv if _HINT.search(text)]
    variables = password_variables()
    if not sys.platform.startswith("linux") or not (arguments or variables):
        return
    from veritas.secrets.command_line import mask_arguments  # most command lines have no secret, and need no import
    from veritas.secrets.urls import mask_urls

    masked = [mask_urls(text, _stars) for text in mask_arguments(sys.orig_argv, _stars)]
    changed = {old: new for old, new in zip(sys.orig_argv, masked, strict=True) if old != new}
    _overwrite(_ARGUMENTS, changed.items())
    for name, value in variables.items():
        _hide(name, value, _masked(name, value))


def hide_variable(name: str, value: str) -> None:
    """Overwrite the value of one variable of the first environment, which the process has taken over."""
    if sys.platform.startswith("linux"):
        _hide(name, value, _stars(name, value))


def _hide(name: str, value: str, masked: str) -> None:
    _overwrite(_ENVIRONMENT, [(f"{name}={value}", f"{name}={masked}")])


def _masked(name: str, value: str) -> str:
    from veritas.secrets.urls import mask_urls

    return mask_urls(value, _stars) if "://" in value else _stars(name, value)


def _stars(name: str, value: str) -> str:
    return "*" * len(os.fsencode(value))


def _overwrite(place: slice, texts: Iterable[tuple[str, str]]) -> None:
    """Overwrite texts that end with NUL in one area of this process's memory; a new one is as long as the old one."""
    import ctypes

    try:
        start, end = map(int, _STAT.read_text().rpartition(")")[2].split()[place])
    except (OSError, ValueError):
        return
    if not start or end <= start:  # the system does not tell
        return
    area = b"\0" + ctypes.string_at(start, end - start)
    for old, new in texts:
        before, after = os.fsencode(old), os.fsencode(new)
        if len(before) != len(after):
            continue
        at = area.find(b"\0" + before + b"\0")
        while at >= 0:
            ctypes.memmove(start + at, after, len(after))
            at = area.find(b"\0" + before + b"\0", at + 1)
