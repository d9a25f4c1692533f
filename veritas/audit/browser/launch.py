"""Start Playwright's driver and a Chromium, and explain why one of them does not start."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from playwright.async_api import Browser as Chromium
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright, async_playwright

from veritas.audit.browser.chromium_flags import CHROMIUM_FLAGS, guard_flags
from veritas.audit.browser.driver_end import expect_driver_end
from veritas.audit.browser.health import find_shortage
from veritas.audit.browser.net_errors import first_line
from veritas.audit.browser.sandbox import ON, Sandbox, sandbox_after_failure, sandbox_as_user
from veritas.audit.egress.guard import Guard
from veritas.config import child_environment
from veritas.errors import BROWSER, DRIVER, MACHINE, BrowserMissing

LAUNCH_TIMEOUT = 30.0  # seconds

# The protections that Playwright turns off: against popups, and against a page that changes its address without end.
_PROTECTIONS = ("--disable-popup-blocking", "--disable-ipc-flooding-protection")
# The beginning of a line that Playwright quotes from the browser's stderr, and of one that Chromium logs.
_QUOTED = re.compile(r"^\[pid=\d+\]\[err\]\s*")
_LOGGED = re.compile(r"^\[[^\]]*:(?P<severity>FATAL|ERROR):(?P<source>[^\]]*)\]\s*")
# Parts of Chromium that log errors on machines without a desktop, and that it runs without.
_OPTIONAL = ("dbus/", "crashpad/", "gcm/", "gpu/", "/gl/", "vulkan", "policy/")


async def start_driver() -> Playwright:
    """Start Playwright's driver.

    Raises:
        BrowserMissing: It does not start.
    """
    expect_driver_end()
    try:
        async with asyncio.timeout(LAUNCH_TIMEOUT):
            return await async_playwright().start()
    except Exception as error:  # Playwright raises a plain `Exception` if its driver ends at once
        shortage = find_shortage(str(error))
        remedy = shortage or "run the audit again, and if it still fails, reinstall Playwright with pip."
        raise BrowserMissing(
            f"Playwright does not start ({first_line(error)}); {remedy}", kind=MACHINE if shortage else DRIVER
        ) from error


async def launch(playwright: Playwright, path: Path, crashes: str, guard: Guard) -> tuple[Chromium, Sandbox]:
    """Start a browser with its sandbox or, where that cannot be, without; return it, and whether it has one.

    Args:
        playwright: The driver.
        path: The browser.
        crashes: The directory for its crash reports.
        guard: The egress guard that its requests outside of a profile go through.

    Raises:
        BrowserMissing: It does not start.
    """
    sandbox = sandbox_as_user()
    try:
        return await _launch_with(playwright, path, crashes, guard, sandbox), sandbox
    except BrowserMissing as error:
        failed = sandbox_after_failure(str(error.__cause__)) if sandbox.state == ON else None
        if failed is None:
            raise
    return await _launch_with(playwright, path, crashes, guard, failed), failed


async def _launch_with(playwright: Playwright, path: Path, crashes: str, guard: Guard, sandbox: Sandbox) -> Chromium:
    """Start a browser that writes its crash reports to *crashes* and stores no settings."""
    launching = playwright.chromium.launch(
        executable_path=path,
        args=(*CHROMIUM_FLAGS, *guard_flags(guard.port)),
        ignore_default_args=list(_PROTECTIONS),
        chromium_sandbox=sandbox.state == ON,
        timeout=LAUNCH_TIMEOUT * 1000,
        env={**child_environment(BREAKPAD_DUMP_LOCATION=crashes, GSETTINGS_BACKEND="memory")},
    )
    try:
        async with asyncio.timeout(LAUNCH_TIMEOUT + 5):  # the driver may not answer
            return await launching
    except (PlaywrightError, TimeoutError) as error:
        shortage = find_shortage(str(error))
        remedy = shortage or "name another, or get one with `veritas browser install`."
        raise BrowserMissing(
            f"The browser {str(path)!r} does not start ({_launch_failure(error)}); {remedy}",
            kind=MACHINE if shortage else BROWSER,
        ) from error


def _launch_failure(error: Exception) -> str:
    """Return the line of the browser's stderr that states why it did not start, else the first line of *error*."""
    stderr = [_QUOTED.sub("", line) for line in map(str.strip, str(error).splitlines()) if _QUOTED.match(line)]
    logged = [(line, match) for line in stderr if (match := _LOGGED.match(line))]
    fatal = [line[match.end() :] for line, match in logged if match["severity"] == "FATAL"]
    errors = [line[match.end() :] for line, match in logged if not any(part in match["source"] for part in _OPTIONAL)]
    others = [line for line in stderr if line and not _LOGGED.match(line)]
    # Of lines without a severity it is the last one: a wrapper script may have printed others before.
    return next(iter([*fatal, *errors, *others[-1:]]), first_line(error)).rstrip(".")
