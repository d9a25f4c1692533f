"""Find an installed browser, or install one.

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

# The browsers' program names on the PATH.
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
# Where browsers are on systems that do not put them on the PATH, relative to each of `_roots`.
_PATHS = {
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
# The commands with which each package manager installs a browser.
_PACKAGE_MANAGERS = {
    "apt-get": ("apt-get update", "apt-get install --yes --no-install-recommends chromium"),
    "dnf": ("dnf install --assumeyes chromium",),
    "pacman": ("pacman -S --needed --noconfirm chromium",),
    "zypper": ("zypper --non-interactive install chromium",),
    "snap": ("snap install chromium",),
    "brew": ("brew install --cask google-chrome",),
    "winget": ("winget install --exact --id Google.Chrome --accept-package-agreements --accept-source-agreements",),
}
_ROOTLESS = ("brew", "winget")
_STEP_TIMEOUT = 900.0
_QUERY_TIMEOUT = 30.0
_STALL_MS = "10000"  # Playwright tries a download five times; this keeps it from taking minutes without a network


def find_browser(preferred: str | None = None, *, bundled: Path | None = None) -> Path:
    """Return the browser to start.

    Args:
        preferred: A path, or a name on the PATH; None for `VERITAS_BROWSER`, or else any installed browser.
        bundled: The path of Playwright's own Chromium; None to ask Playwright for it, which takes half a second.

    Raises:
        BrowserMissing: No browser is installed, or *preferred* is not a program.
    """
    name = preferred or Settings.from_environment().browser
    if name:
        program = shutil.which(str(Path(name).expanduser()))
        if program is None:
            raise BrowserMissing(f"The browser {name!r} is not a program that can be run; give its path, or omit it.")
        return Path(program)
    path = next(_installed(bundled), None)
    if path is None:
        raise BrowserMissing
    return path


def install_browser(report: Callable[[str], None]) -> Path:
    """Get a browser, from Playwright or else from the system's package manager, and return its path.

    Args:
        report: Called with each step: a sentence, or a command line.

    Raises:
        BrowserMissing: No method installed a browser; the message names each method and why it failed.
    """
    for path in _runnable(_installed(None)):
        report(f"A browser is already installed: {path}")
        return path
    failures = []
    for commands in _install_methods():
        error = _run_commands(commands, report)
        for path in _runnable(_installed(None)):
            report(f"The browser is {path}")
            return path
        failures.append(f"`{' '.join(commands[-1])}`: {error or 'it installed no browser that starts'}")
    raise BrowserMissing(
        f"No browser could be installed ({'; '.join(failures)}); install Chromium, Chrome or Edge by hand and name it "
        "in VERITAS_BROWSER."
    )


def _installed(bundled: Path | None) -> Iterator[Path]:
    """Yield the installed browsers, the best first."""
    bundled = bundled or _playwright_chromium()
    if bundled and bundled.is_file():
        yield bundled
    for name in _NAMES:
        program = shutil.which(name)
        if program:
            yield Path(program)
    for root in _roots():
        for path in _PATHS[sys.platform]:
            if (root / path).is_file():
                yield root / path


def _roots() -> tuple[Path, ...]:
    if sys.platform == "darwin":
        return Path("/"), Path.home()
    if sys.platform == "win32":
        return Path("C:/Program Files"), Path("C:/Program Files (x86)"), Path.home() / "AppData/Local"
    return ()


def _playwright_chromium() -> Path | None:
    """Ask Playwright for the path of its Chromium, which need not be installed."""
    script = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    try:
        result = subprocess.run(
            [sys.executable, "-P", "-c", script], capture_output=True, text=True, timeout=_QUERY_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(result.stdout.strip())


def _runnable(candidates: Iterator[Path]) -> Iterator[Path]:
    """Yield the candidates that run, which a stub, or a browser without its libraries, does not."""
    for path in candidates:
        if sys.platform == "win32":  # `--version` opens a window on Windows
            yield path
            continue
        try:
            subprocess.run([path, "--version"], capture_output=True, timeout=_QUERY_TIMEOUT, check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        yield path


def _install_methods() -> Iterator[list[list[str]]]:
    """Yield the commands of each method that can install a browser on this system."""
    playwright = [sys.executable, "-P", "-m", "playwright"]
    yield [[*playwright, "install", "chromium"]]
    bundled = _playwright_chromium()
    if bundled and bundled.is_file():  # it does not start, else no further method would be asked for
        yield [_as_root([*playwright, "install-deps", "chromium"])]
    for program, lines in _PACKAGE_MANAGERS.items():
        if shutil.which(program) and not (program == "apt-get" and _is_ubuntu()):
            commands = [line.split() for line in lines]
            yield commands if program in _ROOTLESS else [_as_root(command) for command in commands]


def _is_ubuntu() -> bool:
    """Return whether this is Ubuntu, whose Chromium packages only point to the snap."""
    try:
        return platform.freedesktop_os_release().get("ID") == "ubuntu"
    except OSError:
        return False


def _as_root(command: list[str]) -> list[str]:
    """Return *command*, run through sudo unless this process is root or the system is Windows."""
    if sys.platform == "win32" or os.geteuid() == 0:
        return command
    return ["sudo", "--non-interactive", *command]


def _run_commands(commands: list[list[str]], report: Callable[[str], None]) -> str | None:
    """Run *commands* until one fails; return why it failed, or None if all succeed."""
    environment = child_environment(
        DEBIAN_FRONTEND="noninteractive", PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT=_STALL_MS, NO_COLOR="1"
    )
    for command in commands:
        report(f"$ {' '.join(command)}")
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
            return _error_line(error.stdout) or f"exit status {error.returncode}"
        except subprocess.TimeoutExpired:
            return f"not done within {_STEP_TIMEOUT:g} s"
        except OSError as error:
            return str(error)
    return None


def _error_line(output: str) -> str:
    """Return the line of a failed command's *output* that states the error, else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "e:", "failed", "sudo:"))]
    return (errors or lines[-1:] or [""])[0].rstrip(".")
