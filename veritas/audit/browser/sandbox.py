"""Chromium's sandbox: whether it can be used here, and whether a running renderer is really in it.

It has two layers (Chromium's `docs/linux/sandboxing.md`): namespaces, in which a renderer sees no other process and no
file, and a seccomp filter, which leaves it few system calls. Both are read from `/proc`, not concluded from flags.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

ON, OFF, UNKNOWN = "on", "off", "unknown"

# What Chromium, or Playwright about it, reports if the sandbox cannot be set up; not every one names the sandbox.
_FAILURES = (
    "No usable sandbox",
    "Chromium sandboxing failed",
    "Failed to move to new namespace",
    "without --no-sandbox is not supported",
    "setuid sandbox",
)
_SECCOMP_FILTER = "2"
_SYSCTL = Path("/proc/sys")
# Settings that forbid the namespaces to users other than root, with their forbidding value and the remedy.
_FORBIDDING = (
    ("kernel/unprivileged_userns_clone", "0", "run `sysctl -w kernel.unprivileged_userns_clone=1`"),
    ("user/max_user_namespaces", "0", "run `sysctl -w user.max_user_namespaces=15000`"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "give the browser an AppArmor profile with `userns`, as Chrome's own package does, or run `sysctl -w "
        "kernel.apparmor_restrict_unprivileged_userns=0`",
    ),
)


@dataclass(frozen=True)
class Sandbox:
    """Whether the renderers of a browser are in its sandbox.

    Attributes:
        state: `on`, `off` or `unknown`.
        why: Why it is not on, or not known, as a clause; empty if it is on.
        remedy: What helps; empty if it is on.
    """

    state: str = ON
    why: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.state}, because {self.why}; {self.remedy}" if self.why else self.state


_UNREADABLE = Sandbox(UNKNOWN, "no renderer can be seen in /proc", "run VERITAS outside of a container that hides it")

AS_ROOT = Sandbox(OFF, "Chromium does not use it as root", "run VERITAS as another user")


def sandbox_as_user() -> Sandbox:
    """Return whether the sandbox can be used, as far as the user decides it."""
    return AS_ROOT if hasattr(os, "geteuid") and os.geteuid() == 0 else Sandbox()


def sandbox_after_failure(message: str) -> Sandbox | None:
    """Return why the sandbox cannot be used, from the error of a browser that did not start with it.

    None if the browser did not start for another reason.
    """
    if not any(failure in message for failure in _FAILURES):
        return None
    for name, value, remedy in _FORBIDDING:
        if _read(_SYSCTL / name) == value:
            return Sandbox(OFF, f"{name.replace('/', '.')} is {value}", remedy)
    if _is_container():
        remedy = (
            "start the container with a seccomp profile that allows them (`docker run --security-opt seccomp=FILE`)"
        )
        return Sandbox(OFF, "this container forbids user namespaces", remedy)
    return Sandbox(OFF, "this system allows no user namespaces", "allow them for this user")


def examine_renderers(pids: Iterable[int]) -> Sandbox:
    """Return whether the renderers *pids*, of a browser that was started with its sandbox, are in it.

    Systems without `/proc` have nothing to read; a browser there does not start if its sandbox cannot be set up.
    """
    is_seen = not _read(Path("/proc/self/status"))
    for pid in pids:
        status = dict(re.findall(r"^(\w+):\t(.*)$", _read(Path(f"/proc/{pid}/status")), re.MULTILINE))
        if not status:
            continue  # it has ended, or is hidden
        is_seen = True
        missing = [
            layer
            for layer, present in (
                ("namespace of its own", len(status.get("NSpid", "").split()) > 1),
                ("seccomp filter", status.get("Seccomp") == _SECCOMP_FILTER),
            )
            if not present
        ]
        if missing:
            remedy = "name a browser that is not started with --no-sandbox"
            return Sandbox(OFF, f"its renderer has no {' and no '.join(missing)}", remedy)
    return Sandbox() if is_seen else _UNREADABLE


def main() -> None:
    """Start a browser, and write its `Sandbox` as JSON; the first argument names the browser, or is empty."""
    from veritas.audit.browser.warm_browser import open_browser
    from veritas.audit.egress.thread import open_guard

    async def find() -> Sandbox:
        async with open_guard() as guard, open_browser(sys.argv[1] or None, guard=guard) as browser:
            return browser.sandbox

    print(json.dumps(asdict(asyncio.run(find()))))


def _is_container() -> bool:
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
