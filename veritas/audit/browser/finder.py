"""Where a browser is, and how to get one where there is none.

The order is: the one that is asked for, Playwright's own Chromium, an installed Chromium, Chrome or Edge.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from veritas.config import Settings, child_environment
from veritas.errors import BrowserMissing

# What the browsers are called on the PATH.
_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
# Where they are on systems that do not put them on the PATH; under each of `_roots`.
_PLACES = {
    "darwin": (
        "Applications/Chromium.app/Contents/MacOS/Chromium",
        "Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        "Chromium/Application/chrome.exe",
        "Google/Chrome/Application/chrome.exe",
        "Microsoft/Edge/Application/msedge.exe",
    ),
}
# How each package manager gets one.
_PACKAGE_MANAGERS = {
    "apt-get": ("apt-get update", "apt-get install --yes --no-install-recommends chromium"),
    "dnf": ("dnf install --assumeyes chromium",),
    "pacman": ("pacman -S --needed --noconfirm chromium",),
    "zypper": ("zypper --non-interactive install chromium",),
    "snap": ("snap install chromium",),
    "brew": ("brew install --cask google-chrome",),
    "winget": ("winget install --exact --id Google.Chrome --accept-package-agreements --accept-source-agreements",),
}
_WITHOUT_ROOT = ("brew", "winget")
_STEP_TIMEOUT = 900.0
_ASK_TIMEOUT = 30.0
_STALL_MS = "10000"  # Playwright tries a download five times: without a network it shall not take minutes


def find_browser(preferred: str | None = None, *, own: Path | None = None) -> Path:
    """Return the browser to start.

    Args:
        preferred: A path, or a name on the PATH; None for what `VERITAS_BROWSER` says, or else any that is there.
        own: Where Playwright would keep its own Chromium; None to ask it, which takes half a second.

    Raises:
        BrowserMissing: There is none.
    """
    wanted = preferred or Settings.from_environment().browser
    if not wanted:
        return next(_installed(own), None) or _missing()
    found = shutil.which(str(Path(wanted).expanduser()))
    if not found:
        raise BrowserMissing(f"The browser {wanted!r} is no program that can be run; give its path, or leave it out.")
    return Path(found)


def install_browser(say: Callable[[str], None]) -> Path:
    """Get a browser, from Playwright or else from the system's package manager, and return where it is.

    Args:
        say: Is told each step, in a sentence or a command line.

    Raises:
        BrowserMissing: None of the ways led to one; the message names them.
    """
    for path in _working(_installed(None)):
        say(f"A browser is there already: {path}")
        return path
    faults = []
    for commands in _ways():
        fault = _follow(commands, say)
        for path in _working(_installed(None)):
            say(f"The browser is {path}")
            return path
        faults.append(f"`{' '.join(commands[-1])}`: {fault or 'no browser that starts came of it'}")
    raise BrowserMissing(
        f"No browser could be installed ({'; '.join(faults)}); install Chromium, Chrome or Edge by hand and name it "
        "in VERITAS_BROWSER."
    )


def _missing() -> Path:
    raise BrowserMissing


def _installed(own: Path | None) -> Iterator[Path]:
    """Yield the browsers that are there, the best first."""
    own = own or _playwrights_own()
    if own and own.is_file():
        yield own
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            yield Path(found)
    for root in _roots():
        for place in _PLACES[sys.platform]:
            if (root / place).is_file():
                yield root / place


def _roots() -> tuple[Path, ...]:
    if sys.platform == "darwin":
        return Path("/"), Path.home()
    if sys.platform == "win32":
        return Path("C:/Program Files"), Path("C:/Program Files (x86)"), Path.home() / "AppData/Local"
    return ()


def _playwrights_own() -> Path | None:
    """Ask Playwright where it keeps its Chromium, whether that is there or not."""
    script = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    try:
        asked = subprocess.run(
            [sys.executable, "-P", "-c", script], capture_output=True, text=True, timeout=_ASK_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(asked.stdout.strip())


def _working(candidates: Iterator[Path]) -> Iterator[Path]:
    """Yield those that run: a stub, or a browser without its libraries, does not."""
    for path in candidates:
        if sys.platform == "win32":  # there `--version` opens a window
            yield path
            continue
        try:
            subprocess.run([path, "--version"], capture_output=True, timeout=_ASK_TIMEOUT, check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        yield path


def _ways() -> Iterator[list[list[str]]]:
    """Yield each way to get a browser here, as the commands that it takes."""
    playwright = [sys.executable, "-P", "-m", "playwright"]
    yield [[*playwright, "install", "chromium"]]
    own = _playwrights_own()
    if own and own.is_file():  # and yet does not start, or nobody would ask for another way
        yield [_as_root([*playwright, "install-deps", "chromium"])]
    for program, lines in _PACKAGE_MANAGERS.items():
        if shutil.which(program) and not (program == "apt-get" and _is_ubuntu()):
            commands = [line.split() for line in lines]
            yield commands if program in _WITHOUT_ROOT else [_as_root(command) for command in commands]


def _is_ubuntu() -> bool:
    """Say whether this is Ubuntu, whose Chromium packages only point to the snap."""
    try:
        return platform.freedesktop_os_release().get("ID") == "ubuntu"
    except OSError:
        return False


def _as_root(command: list[str]) -> list[str]:
    """Return *command* as one that root runs; where there is no root, as it is."""
    if sys.platform == "win32" or os.geteuid() == 0:
        return command
    return ["sudo", "--non-interactive", *command]


def _follow(commands: list[list[str]], say: Callable[[str], None]) -> str | None:
    """Run *commands* until one fails; return why it did, or None."""
    environment = child_environment(
        DEBIAN_FRONTEND="noninteractive", PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT=_STALL_MS, NO_COLOR="1"
    )
    for command in commands:
        say(f"$ {' '.join(command)}")
        try:
            subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=_STEP_TIMEOUT,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            return _complaint(error.stdout) or f"exit status {error.returncode}"
        except subprocess.TimeoutExpired:
            return f"not done within {_STEP_TIMEOUT:g} s"
        except OSError as error:
            return str(error)
    return None


def _complaint(output: str) -> str:
    """Return the line of a failed command's *output* that says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if line.lower().startswith(("error", "e:", "failed", "sudo:"))]
    return (telling or lines[-1:] or [""])[0].rstrip(".")
