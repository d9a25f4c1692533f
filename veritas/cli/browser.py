"""`veritas browser path` and `veritas browser install`"""

from __future__ import annotations

import click

from veritas.cli.lib.group import CommandGroup
from veritas.cli.lib.options import verbose_option


@click.group("browser", cls=CommandGroup)
def command() -> None:
    """Find or install the browser that audits use."""


@command.command("path")
@click.option("--browser", type=click.UNPROCESSED, metavar="PATH", help="The browser to use.  [env: VERITAS_BROWSER]")
@verbose_option
def path(browser: str | None) -> None:
    """Print the path of the browser that an audit would start."""
    from veritas.audit.browser.finder import find_browser
    from veritas.config import Settings

    click.echo(find_browser(browser or Settings.from_environment().browser))


@command.command("install")
@verbose_option
def install() -> None:
    """Install Chromium from Playwright, or else with the system's package manager."""
    from veritas.audit.browser.finder import install_browser

    click.echo(install_browser(lambda line: click.echo(line, err=True)))
