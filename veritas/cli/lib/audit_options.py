"""The options that say how a site is audited, as one decorator for every command that starts or plans audits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from veritas.audit.screenshots import FULL, SCREENSHOTS
from veritas.audit.time_limits import AUDIT_TIMEOUT, VISIT_TIMEOUT
from veritas.cli.lib.number_types import WholeNumber
from veritas.cli.lib.tier import TierName
from veritas.config import DEFAULT_TIER

if TYPE_CHECKING:
    from veritas.recording.audit_options import AuditOptions

F = TypeVar("F", bound=Callable[..., Any])

obey_robots_option = click.option(
    "--obey-robots", is_flag=True, help="Leave out the pages that a site's robots.txt disallows."
)


@dataclass(frozen=True, kw_only=True)
class AuditChoices:
    """How a user wants sites to be audited, as the command line has it; nothing is checked but numbers."""

    tier: str
    timeout: int
    visit_timeout: int
    limits: tuple[str, ...]
    screenshots: str
    browser: str | None = None
    proxy: str | None = None
    allow_private: tuple[str, ...]
    viewport: str | None
    locale: str | None
    time_zone: str | None
    user_agent: str | None
    obey_robots: bool = False

    def parse(self) -> AuditOptions:
        """Check the choices, and return the options of an audit without a login.

        Raises:
            UsageError: An option is invalid, or the proxies of the environment are.
        """
        from veritas.audit.browser.finder import find_browser
        from veritas.audit.egress.policy import EgressPolicy, PrivateHost
        from veritas.audit.limits import Limits
        from veritas.audit.network import Network
        from veritas.config import Settings
        from veritas.events.visitor import Visitor
        from veritas.recording.audit_options import AuditOptions

        visitor = Visitor.parse(
            viewport=self.viewport, locale=self.locale, time_zone=self.time_zone, user_agent=self.user_agent
        )
        settings = Settings.from_environment()
        Network.of(replace(settings, proxy=self.proxy or settings.proxy))
        policy = EgressPolicy(tuple(PrivateHost.parse(host) for host in self.allow_private))
        browser = self.browser or settings.browser
        return AuditOptions(
            browser=None if browser is None else str(find_browser(browser)),
            proxy=self.proxy,
            policy=policy,
            timeout=self.timeout,
            visit_timeout=self.visit_timeout,
            limits=Limits.parse(self.limits),
            screenshots=self.screenshots,
            visitor=visitor,
            obey_robots=self.obey_robots,
        )


def audit_options(command: F) -> F:
    """Add the options of an audit; the command receives `choices`, which `AuditChoices.parse` checks."""
    return _with_choices(command, (*_OPTIONS, *_OPTIONS_OF_THE_MACHINE, *_OPTIONS_OF_THE_VISIT))


def submission_options(command: F) -> F:
    """Add the options of an audit that another machine does, which has its own browser and its own proxy."""
    return _with_choices(command, (*_OPTIONS, *_OPTIONS_OF_THE_VISIT, obey_robots_option))


def machine_options(command: F) -> F:
    """Add the options of the machine that does the audits; the command receives `browser` and `proxy`."""
    for option in reversed(_OPTIONS_OF_THE_MACHINE):
        command = option(command)
    return command


def _with_choices(command: F, options: Sequence[Callable[[Any], Any]]) -> F:
    @wraps(command)
    def with_choices(*args: Any, **values: Any) -> Any:
        names = [field.name for field in fields(AuditChoices) if field.name in values]
        return command(*args, choices=AuditChoices(**{name: values.pop(name) for name in names}), **values)

    for option in reversed(options):
        with_choices = option(with_choices)
    return cast(F, with_choices)


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--tier",
        type=TierName(),
        default=DEFAULT_TIER,
        show_default=True,
        metavar="TIER",
        help="The number of pages: quick_scan (1), standard_audit (5) or deep_forensic (10).",
    ),
    click.option(
        "--timeout",
        type=WholeNumber(1, 86_400),
        default=AUDIT_TIMEOUT,
        show_default=True,
        metavar="SECONDS",
        help="The time that the audit may take. What it has not seen by then counts as unknown.",
    ),
    click.option(
        "--visit-timeout",
        type=WholeNumber(1, 600),
        default=VISIT_TIMEOUT,
        show_default=True,
        metavar="SECONDS",
        help="The time that a page may take to load.",
    ),
    click.option(
        "--limit",
        "limits",
        multiple=True,
        metavar="NAME=VALUE",
        help="A limit of each visit, such as bytes=100MB. Repeatable. The limits: bytes, document, requests, "
        "redirects, dialogs, popups, frames, console, height.",
    ),
    click.option(
        "--screenshots",
        type=click.Choice(SCREENSHOTS),
        default=FULL,
        show_default=True,
        help="What to take pictures of: nothing, the window of each page, or also the whole page.",
    ),
)

_OPTIONS_OF_THE_MACHINE: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--browser", type=click.UNPROCESSED, metavar="PATH", help="The browser to start.  [env: VERITAS_BROWSER]"
    ),
    click.option(
        "--proxy",
        metavar="URL",
        help="The proxy for every request: http://HOST:PORT, https:// or socks5://.  [env: VERITAS_PROXY, else "
        "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, and NO_PROXY]",
    ),
)

_OPTIONS_OF_THE_VISIT: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--allow-private",
        multiple=True,
        metavar="HOST",
        help="A host that the audit may reach although it is not public, as HOST or HOST:PORT. Repeatable.",
    ),
    click.option(
        "--viewport",
        metavar="SIZE",
        help="The window: desktop (1366x768), mobile (a phone), or WIDTHxHEIGHT.  [default: desktop]",
    ),
    click.option("--locale", metavar="LOCALE", help="The visitor's language, such as de-DE.  [default: en-US]"),
    click.option(
        "--time-zone", metavar="ZONE", help="The visitor's time zone, such as Europe/Berlin.  [default: the machine's]"
    ),
    click.option("--user-agent", metavar="TEXT", help="The User-Agent header.  [default: the browser's own]"),
)
