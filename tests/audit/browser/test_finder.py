"""A browser is found in the documented order, and installed if none is found."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from veritas.audit.browser import finder
from veritas.audit.browser.finder import find_browser, install_browser
from veritas.errors import BrowserMissing

pytestmark = pytest.mark.skipif(os.name != "posix", reason="its programs are shell scripts")

RUNS = "#!/bin/sh\necho Chromium 1.2.3\n"
STUB = "#!/bin/sh\necho 'this browser is a snap' >&2\nexit 1\n"


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only folder on the PATH; Playwright has no browser and cannot download one."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "http://127.0.0.1:9")
    monkeypatch.delenv("VERITAS_BROWSER", raising=False)
    monkeypatch.setattr(finder, "_PATHS", {"darwin": (), "win32": ()})
    return folder


def put(file: Path, script: str) -> Path:
    """Write a program."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(script)
    file.chmod(0o755)
    return file


def test_a_requested_browser_comes_first(programs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The argument precedes the variable, and the variable precedes installed browsers; each is a path or a name."""
    bundled = put(tmp_path / "bundled" / "chrome", RUNS)
    for name in ("chromium", "first", "second"):
        put(programs / name, RUNS)
    assert find_browser(bundled=bundled) == bundled
    monkeypatch.setenv("VERITAS_BROWSER", str(programs / "second"))
    assert find_browser(bundled=bundled) == programs / "second"
    assert find_browser("first", bundled=bundled) == programs / "first"


def test_a_requested_browser_that_is_missing_is_not_replaced(programs: Path) -> None:
    """The error names it, even if another browser is installed."""
    put(programs / "chromium", RUNS)
    with pytest.raises(BrowserMissing, match="'firefox-esr' is not a program"):
        find_browser("firefox-esr")
    with pytest.raises(BrowserMissing, match="is not a program"):
        find_browser(str(programs))


def test_playwrights_chromium_precedes_the_installed_browsers_if_it_exists(programs: Path, tmp_path: Path) -> None:
    """Playwright names its path whether or not a file is there."""
    chromium, edge = put(programs / "chromium", RUNS), put(programs / "microsoft-edge", RUNS)
    bundled = tmp_path / "playwright" / "chrome"
    assert find_browser(bundled=bundled) == chromium
    chromium.unlink()
    assert find_browser(bundled=bundled) == edge
    put(bundled, RUNS)
    assert find_browser(bundled=bundled) == bundled


def test_playwright_is_asked_for_the_path_of_its_chromium(programs: Path, tmp_path: Path) -> None:
    """Its folder can be moved, and each of its versions has a folder of its own."""
    bundled = finder._playwright_chromium()
    assert bundled and bundled.is_relative_to(tmp_path / "playwright")
    put(bundled, RUNS)
    assert find_browser() == bundled


def test_without_a_browser_the_error_names_the_remedy(programs: Path) -> None:
    """It names the command that installs one."""
    with pytest.raises(BrowserMissing, match="`veritas browser install` gets one"):
        find_browser()


def test_a_browser_that_runs_is_not_installed_again(programs: Path) -> None:
    """It is named, and no command is run."""
    chromium = put(programs / "chromium", RUNS)
    lines: list[str] = []
    assert install_browser(lines.append) == chromium
    assert len(lines) == 1 and str(chromium) in lines[0]


def test_the_package_manager_is_tried_after_playwright(
    programs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each command is reported before it runs; a browser that is only a stub does not count."""
    monkeypatch.setattr(finder, "_is_ubuntu", lambda: False)
    monkeypatch.setattr(sys, "executable", str(put(programs / "python", "#!/bin/sh\nexit 1\n")))
    put(programs / "chromium-browser", STUB)
    put(programs / "sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    packaged = put(tmp_path / "packaged", RUNS)
    put(programs / "apt-get", f'#!/bin/sh\n[ "$1" = update ] || /bin/ln -s {packaged} {programs}/chromium\n')
    lines: list[str] = []
    assert install_browser(lines.append) == programs / "chromium"
    commands = [line.removeprefix("$ ").replace("sudo --non-interactive ", "") for line in lines]
    assert commands == [
        f"{sys.executable} -P -m playwright install chromium",
        "apt-get update",
        "apt-get install --yes --no-install-recommends chromium",
        f"The browser is {programs / 'chromium'}",
    ]


def test_if_every_method_fails_the_error_names_each(programs: Path) -> None:
    """It is one sentence, with the error of each command."""
    put(programs / "sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    put(programs / "dnf", "#!/bin/sh\necho 'Error: Unable to find a match: chromium' >&2\nexit 1\n")
    put(programs / "zypper", "#!/bin/sh\nexit 0\n")
    with pytest.raises(BrowserMissing) as caught:
        install_browser(lambda _: None)
    message = str(caught.value)
    assert "playwright install chromium`: Error: connect ECONNREFUSED 127.0.0.1:9" in message
    assert "dnf install --assumeyes chromium`: Error: Unable to find a match: chromium" in message
    assert "zypper --non-interactive install chromium`: it installed no browser that starts" in message
    assert "VERITAS_BROWSER" in message and "\n" not in message


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_have_their_usual_paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str) -> None:
    """The name of the platform is patched, and the folder that its paths are relative to."""
    paths = {"darwin": "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}
    path = paths.get(platform, "Google/Chrome/Application/chrome.exe")
    monkeypatch.delenv("VERITAS_BROWSER", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(finder, "_roots", lambda: (tmp_path,))
    chrome = put(tmp_path / path, RUNS)
    assert find_browser(bundled=tmp_path / "nothing") == chrome
