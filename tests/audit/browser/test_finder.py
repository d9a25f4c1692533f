"""A browser is found in the order that is documented, and got where there is none."""

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
    monkeypatch.setattr(finder, "_PLACES", {"darwin": (), "win32": ()})
    return folder


def put(file: Path, script: str) -> Path:
    """Write a program."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(script)
    file.chmod(0o755)
    return file


def test_the_one_asked_for_comes_first(programs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The argument before the variable, the variable before what is installed; a path or a name."""
    own = put(tmp_path / "own" / "chrome", RUNS)
    for name in ("chromium", "first", "second"):
        put(programs / name, RUNS)
    assert find_browser(own=own) == own
    monkeypatch.setenv("VERITAS_BROWSER", str(programs / "second"))
    assert find_browser(own=own) == programs / "second"
    assert find_browser("first", own=own) == programs / "first"


def test_one_asked_for_that_is_not_there_is_not_replaced(programs: Path) -> None:
    """Whoever names a browser wants that one; the sentence names it."""
    put(programs / "chromium", RUNS)
    with pytest.raises(BrowserMissing, match="'firefox-esr' is no program"):
        find_browser("firefox-esr")
    with pytest.raises(BrowserMissing, match="is no program"):
        find_browser(str(programs))


def test_playwrights_own_comes_before_the_installed_ones_if_it_is_there(programs: Path, tmp_path: Path) -> None:
    """Playwright names a place whether there is something or not."""
    chromium, edge = put(programs / "chromium", RUNS), put(programs / "microsoft-edge", RUNS)
    own = tmp_path / "playwright" / "chrome"
    assert find_browser(own=own) == chromium
    chromium.unlink()
    assert find_browser(own=own) == edge
    put(own, RUNS)
    assert find_browser(own=own) == own


def test_playwright_is_asked_where_its_own_is(programs: Path, tmp_path: Path) -> None:
    """Its folder can be moved, and its versions have folders of their own."""
    own = finder._playwrights_own()
    assert own and own.is_relative_to(tmp_path / "playwright")
    put(own, RUNS)
    assert find_browser() == own


def test_without_any_the_remedy_is_said(programs: Path) -> None:
    """The sentence names the command that gets one."""
    with pytest.raises(BrowserMissing, match="`veritas browser install` gets one"):
        find_browser()


def test_a_browser_that_runs_is_not_installed_again(programs: Path) -> None:
    """It is named, and nothing is run."""
    chromium = put(programs / "chromium", RUNS)
    said: list[str] = []
    assert install_browser(said.append) == chromium
    assert len(said) == 1 and str(chromium) in said[0]


def test_where_playwright_gets_none_the_package_manager_does(
    programs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each command is said before it runs; a browser that is only a stub does not count as one."""
    monkeypatch.setattr(finder, "_is_ubuntu", lambda: False)
    put(programs / "chromium-browser", STUB)
    put(programs / "sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    packaged = put(tmp_path / "packaged", RUNS)
    put(programs / "apt-get", f'#!/bin/sh\n[ "$1" = update ] || /bin/ln -s {packaged} {programs}/chromium\n')
    said: list[str] = []
    assert install_browser(said.append) == programs / "chromium"
    commands = [line.removeprefix("$ ").replace("sudo --non-interactive ", "") for line in said]
    assert commands == [
        f"{sys.executable} -P -m playwright install chromium",
        "apt-get update",
        "apt-get install --yes --no-install-recommends chromium",
        f"The browser is {programs / 'chromium'}",
    ]


def test_where_nothing_gets_one_every_way_is_named(programs: Path) -> None:
    """With what each command complained of, in one sentence."""
    put(programs / "sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    put(programs / "dnf", "#!/bin/sh\necho 'Error: Unable to find a match: chromium' >&2\nexit 1\n")
    put(programs / "zypper", "#!/bin/sh\nexit 0\n")
    with pytest.raises(BrowserMissing) as caught:
        install_browser(lambda _: None)
    message = str(caught.value)
    assert "playwright install chromium`: Error: connect ECONNREFUSED 127.0.0.1:9" in message
    assert "dnf install --assumeyes chromium`: Error: Unable to find a match: chromium" in message
    assert "zypper --non-interactive install chromium`: no browser that starts came of it" in message
    assert "VERITAS_BROWSER" in message and "\n" not in message


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_have_their_usual_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str) -> None:
    """The platform's name is patched, with what goes by it, and the folder that its places are under."""
    places = {"darwin": "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}
    place = places.get(platform, "Google/Chrome/Application/chrome.exe")
    monkeypatch.delenv("VERITAS_BROWSER", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(finder, "_roots", lambda: (tmp_path,))
    chrome = put(tmp_path / place, RUNS)
    assert find_browser(own=tmp_path / "nothing") == chrome
