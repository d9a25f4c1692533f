"""Where a browser is, and how to get one where there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import playwright

from veritas.config import Settings
from veritas.errors import BrowserMissing

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


def find_browser(preferred: str | None = None) -> Path:
    """Return the browser to start.

    Args:
        preferred: A path or a name on the PATH; None for `VERITAS_BROWSER`, else Playwright's own Chromium, else an
            installed Chromium, Chrome or Edge.

    Raises:
        BrowserMissing: There is none.
    """
    chosen = preferred or Settings.from_environment().browser
    if chosen:
        found = shutil.which(chosen)
        if not found:
            raise BrowserMissing(f"The browser {chosen!r} is not a program; name one, or name none to have one found.")
        return Path(found)
    for candidate in _candidates():
        return candidate
    raise BrowserMissing


def _candidates() -> Iterator[Path]:
    own = _playwrights_own()
    if own and own.is_file():
        yield own
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            yield Path(found)


def _playwrights_own() -> Path | None:
    driver = Path(playwright.__file__).parent / "driver"
    node = driver / ("node.exe" if sys.platform == "win32" else "node")
    script = f"console.log(require({str(driver / 'package')!r}).chromium.executablePath())"
    try:
        done = subprocess.run([node, "-e", script], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(done.stdout.strip())
