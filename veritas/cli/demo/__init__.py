"""`veritas demo`"""

from __future__ import annotations

import click

from veritas.cli.lib.exit_status import YES
from veritas.cli.lib.options import database_option, database_timeout_option, verbose_option
from veritas.cli.lib.tier import TierName


@click.command("demo")
@click.option(
    "--tier",
    type=TierName(),
    default="quick_scan",
    show_default=True,
    metavar="TIER",
    help="The number of pages; see `audit`.",
)
@click.option("--browser", type=click.UNPROCESSED, metavar="PATH", help="The browser to start.  [env: VERITAS_BROWSER]")
@database_option
@database_timeout_option
@verbose_option
def command(tier: str, browser: str | None, database: str | None, database_timeout: int) -> int:
    """Audit two small shops on this machine, a manipulative and an honest one.

    The shops are served on loopback. The events of the first audit go over both the queue and stdout, and are compared;
    those of the second go over the queue. A browser is installed if there is none.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.demo.server import serve_shops
    from veritas.cli.lib.errors import is_verbose
    from veritas.cli.lib.live import LiveDisplay
    from veritas.cli.lib.running import run_live, show_outcome, status_of
    from veritas.cli.lib.table import print_heading, print_line
    from veritas.cli.lib.transport import tee_sentence
    from veritas.cli.verify import verify_and_print
    from veritas.config import Settings
    from veritas.core.mode_decision import IPC_MODE_QUEUE, IPC_MODE_VALIDATE, Decision
    from veritas.recording.audit_options import AuditOptions
    from veritas.recording.audit_runner import AuditRunner
    from veritas.recording.log_retry import LogRetry
    from veritas.recording.run import new_audit_id

    executable = _find_or_install_browser(browser or Settings.from_environment().browser)
    status, tee = YES, None
    with Archive.open(database) as archive, serve_shops() as shops:
        for title, url, mode in (
            ("The manipulative shop, over queue and stdout", shops.crooked, IPC_MODE_VALIDATE),
            ("The honest shop, over the queue", shops.honest, IPC_MODE_QUEUE),
        ):
            click.echo(f"{title}: {url}", err=True)
            display = LiveDisplay(everything=is_verbose())
            runner = AuditRunner(
                new_audit_id(),
                url,
                tier,
                archive=archive,
                retry=LogRetry(database_timeout, report=display.show_line),
                decision=Decision(mode, "STATIC", "demo"),
                options=AuditOptions(browser=executable),
            )
            outcome = run_live(runner, display)
            print_heading(title)
            show_outcome(archive, outcome.run_id)
            status = max(status, status_of(outcome))
            tee = outcome if mode == IPC_MODE_VALIDATE else tee
        print_heading("The log")
        status = max(status, verify_and_print(archive))
        if tee is not None and tee.comparison is not None:
            print_heading("The transports")
            print_line(tee_sentence(tee.comparison, tee.run_id))
        return status


def _find_or_install_browser(preferred: str | None) -> str:
    """Return a browser; install one if there is none."""
    from veritas.audit.browser.finder import find_browser, install_browser
    from veritas.errors import BrowserMissing

    try:
        return str(find_browser(preferred))
    except BrowserMissing as error:
        if preferred is not None:
            raise
        click.echo(f"{error} Installing one.", err=True)
        return str(install_browser(lambda line: click.echo(line, err=True)))
