"""`veritas audit URL`, and `veritas URL` for short."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from veritas.audit.time_limits import AUDIT_TIMEOUT, VISIT_TIMEOUT
from veritas.cli.lib.login import login_options
from veritas.cli.lib.options import database_option, database_timeout_option, ipc_options, verbose_option
from veritas.cli.lib.output import output_options


@click.command("audit")
@click.argument("url")
@click.option(
    "--tier",
    default="standard_audit",
    show_default=True,
    metavar="TIER",
    help="The number of pages: quick_scan (1), standard_audit (5) or deep_forensic (10).",
)
@ipc_options
@click.option(
    "--timeout",
    type=click.IntRange(1, 86_400),
    default=AUDIT_TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="The time that the audit may take. What it has not seen by then counts as unknown.",
)
@click.option(
    "--visit-timeout",
    type=click.IntRange(1, 600),
    default=VISIT_TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="The time that a page may take to load.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=VALUE",
    help="A limit of each visit, such as bytes=100MB. Repeatable. The limits: bytes, document, requests, "
    "redirects, dialogs, popups, frames, console, height.",
)
@click.option("--browser", type=click.UNPROCESSED, metavar="PATH", help="The browser to start.  [env: VERITAS_BROWSER]")
@click.option(
    "--proxy",
    metavar="URL",
    help="The proxy for every request: http://HOST:PORT, https:// or socks5://.  [env: VERITAS_PROXY, else HTTP_PROXY, "
    "HTTPS_PROXY, ALL_PROXY, and NO_PROXY]",
)
@click.option(
    "--allow-private",
    multiple=True,
    metavar="HOST",
    help="A host that the audit may reach although it is not public, as HOST or HOST:PORT. Repeatable.",
)
@click.option(
    "--viewport",
    metavar="SIZE",
    help="The window: desktop (1366x768), mobile (a phone), or WIDTHxHEIGHT.  [default: desktop]",
)
@click.option("--locale", metavar="LOCALE", help="The visitor's language, such as de-DE.  [default: en-US]")
@click.option(
    "--time-zone", metavar="ZONE", help="The visitor's time zone, such as Europe/Berlin.  [default: the machine's]"
)
@click.option("--user-agent", metavar="TEXT", help="The User-Agent header.  [default: the browser's own]")
@login_options
@click.option("--json", "as_json", is_flag=True, help="Write the audit's state to stdout as JSON.")
@output_options("Write the audit's state to this file as JSON.")
@database_option
@database_timeout_option
@verbose_option
def command(
    url: str,
    tier: str,
    flags: dict[str, bool],
    rerun: bool,
    timeout: int,
    visit_timeout: int,
    limits: tuple[str, ...],
    browser: str | None,
    proxy: str | None,
    allow_private: tuple[str, ...],
    viewport: str | None,
    locale: str | None,
    time_zone: str | None,
    user_agent: str | None,
    login: dict[str, Any],
    as_json: bool,
    file: Path | None,
    force: bool,
    database: str | None,
    database_timeout: int,
) -> int:
    """Audit a web site in a real browser and record every step.

    URL is a full http:// or https:// URL. The flags decide how the child process sends its events; without a flag,
    QUEUE_IPC_MODE does; without that, the rollout (QUEUE_IPC_ROLLOUT, else the stage of `veritas rollout`).

    A SOURCE is @FILE for a file that has the value, env:NAME for an environment variable, or - to be asked for it. A
    login is used and not recorded: the log has the names of headers and cookies, and no value.

    Hosts that NO_PROXY lists are reached without a proxy: domains, IP addresses, blocks such as 10.0.0.0/8, or * for
    all. So is this machine, unless the proxy is given by --proxy.

    Nothing that a page asks for can reach an address that is not public, such as a device in your own network. A URL
    with a local host opens that host and port, and --allow-private opens others.
    """
    from veritas.archive.archive import Archive
    from veritas.audit.browser.finder import find_browser
    from veritas.audit.egress.policy import EgressPolicy, PrivateHost
    from veritas.audit.limits import Limits
    from veritas.audit.login_parsing import parse_login
    from veritas.audit.network import Network
    from veritas.audit.phase import tier_named
    from veritas.cli.lib.running import run_and_show
    from veritas.config import Settings
    from veritas.core.mode_decision import decide
    from veritas.events.visitor import Visitor
    from veritas.recording.audit_options import AuditOptions
    from veritas.recording.audit_runner import AuditRunner
    from veritas.recording.run import check_url, new_audit_id
    from veritas.rollout.ledger import Ledger

    check_url(url)
    tier_named(tier)
    visitor = Visitor.parse(viewport=viewport, locale=locale, time_zone=time_zone, user_agent=user_agent)
    settings = Settings.from_environment()
    if proxy:
        settings = replace(settings, proxy=proxy)
    Network.of(settings)
    policy = EgressPolicy(tuple(PrivateHost.parse(host) for host in allow_private))
    browser = browser or settings.browser
    if browser is not None:
        browser = str(find_browser(browser))
    options = AuditOptions(
        browser=browser,
        proxy=proxy,
        policy=policy,
        timeout=timeout,
        visit_timeout=visit_timeout,
        limits=Limits.parse(limits),
        visitor=visitor,
        login=parse_login(url, **login),
    )
    if opened := policy.for_target(url).opened:
        hosts = ", ".join(map(str, opened))
        click.echo(f"The audit may reach {hosts}, and no other address that is not public.", err=True)
    audit_id = new_audit_id()
    with Archive.open(database) as archive:
        decision = decide(settings, key=audit_id, stage=Ledger(archive).stage_for(tier), **flags)
        runner = partial(
            AuditRunner,
            audit_id,
            url,
            tier,
            archive=archive,
            options=options,
        )
        return run_and_show(
            runner,
            archive,
            decision=decision,
            rerun=rerun,
            database_timeout=database_timeout,
            as_json=as_json,
            file=file,
            force=force,
        )
