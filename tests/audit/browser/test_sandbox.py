"""Pages run in Chromium's sandbox where the system allows it, and where not, the reason and the remedy are known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browsers import open_local_browser
from veritas.audit.browser import Browser, launch, sandbox
from veritas.audit.browser.sandbox import (
    AS_ROOT,
    OFF,
    ON,
    UNKNOWN,
    Sandbox,
    examine_renderers,
    sandbox_after_failure,
    sandbox_as_user,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is read from /proc")

# Everything is imported before the user changes: root's Python may be in a directory that no other user can enter.
AS_USER = """
import os, re, sys
from pathlib import Path
import asyncio.base_events, encodings.idna, playwright.async_api, veritas.audit.browser.browser
from veritas.audit.browser import sandbox
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
sandbox.main()
"""


def test_pages_are_in_the_sandbox_for_a_user_who_is_not_root(temporary: Path) -> None:
    """A renderer has a seccomp filter, and namespaces of its own."""
    if Path("/proc/sys/user/max_user_namespaces").read_text().strip() == "0":
        pytest.skip("this system allows no user namespaces")
    temporary.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-c", AS_USER, ""],
        env=os.environ | {"TMPDIR": str(temporary), "HOME": str(temporary)},
        cwd=temporary,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "Permission denied" in done.stderr or "cannot open" in done.stderr:
        pytest.skip(f"another user cannot run this Python's packages: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    found = Sandbox(**json.loads(done.stdout))
    if found.state == OFF and "namespaces" in found.why:
        pytest.skip(str(found))
    assert found == Sandbox(ON)


@pytest.mark.skipif(os.geteuid() != 0, reason="as root, Chromium does not start with its sandbox")
async def test_a_browser_whose_sandbox_cannot_be_set_up_starts_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is known why."""
    monkeypatch.setattr(launch, "sandbox_as_user", Sandbox)
    monkeypatch.setattr(sandbox, "_is_container", lambda: True)
    async with open_local_browser() as running:
        assert running.sandbox.state == OFF
        assert running.sandbox.why and running.sandbox.remedy


async def test_root_gets_the_remedy(running_browser: Browser) -> None:
    assert (sandbox_as_user() == AS_ROOT) == (os.geteuid() == 0)
    if os.geteuid() == 0:
        assert running_browser.sandbox == AS_ROOT
        assert str(AS_ROOT) == "off, because Chromium does not use it as root; run VERITAS as another user"


def test_a_process_that_is_in_no_sandbox_is_recognised() -> None:
    """Such as this one; a wrapper script may start the browser with --no-sandbox."""
    found = examine_renderers([os.getpid()])
    assert found.state == OFF and "seccomp filter" in found.why and "--no-sandbox" in found.remedy


def test_a_renderer_that_cannot_be_seen_leaves_the_sandbox_unknown() -> None:
    """It has ended, or runs in a container of its own."""
    assert examine_renderers([2**22 + 1]).state == examine_renderers([]).state == UNKNOWN


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor profile"),
    ],
)
def test_the_remedy_is_that_of_the_setting_that_forbids_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, remedy: str
) -> None:
    monkeypatch.setattr(sandbox, "_SYSCTL", tmp_path)
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(f"{value}\n")
    found = sandbox_after_failure("[1:1:FATAL:zygote_host_impl_linux.cc(127)] No usable sandbox! Update your kernel")
    assert found is not None and found.state == OFF
    assert remedy in found.remedy and name.replace("/", ".") in found.why


def test_another_failure_is_not_taken_for_one_of_the_sandbox() -> None:
    assert sandbox_after_failure("error while loading shared libraries: libnss3.so") is None
