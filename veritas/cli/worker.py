"""`veritas worker`"""

from __future__ import annotations

from dataclasses import replace

import click

from veritas.cli.lib.audit_options import machine_options
from veritas.cli.lib.number_types import WholeNumber
from veritas.cli.lib.options import database_option, database_timeout_option, verbose_option


@click.command("worker")
@click.option("--jobs", type=WholeNumber(1, 256), default=1, show_default=True, help="How many audits to do at once.")
@click.option("--queue", "queues", multiple=True, metavar="QUEUE", help="Take jobs of this queue only. Repeatable.")
@machine_options
@database_option
@database_timeout_option
@verbose_option
def command(
    jobs: int,
    queues: tuple[str, ...],
    browser: str | None,
    proxy: str | None,
    database: str | None,
    database_timeout: int,
) -> None:
    """Do the audits that were queued, until it is stopped.

    Start it on as many machines as you like; each needs about a core and a gigabyte for each of its --jobs. SIGTERM or
    ^C lets it finish what it does and take nothing new; a second one interrupts the audits, and their jobs wait for
    another worker.

    If a worker is killed, or its machine is lost, another takes its jobs over within a minute, and its audits end as
    abandoned in the log. While the database is away, a worker waits for --database-timeout.
    """
    import asyncio

    from veritas.audit.browser.finder import find_browser
    from veritas.audit.network import Network
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.config import Settings
    from veritas.formatting import escape_control_characters

    settings = Settings.from_environment()
    Network.of(replace(settings, proxy=proxy or settings.proxy))
    browser = browser or settings.browser
    if browser is not None:
        browser = str(find_browser(browser))

    def report(sentence: str) -> None:
        click.echo(escape_control_characters(sentence), err=True)

    with open_fleet(database) as (archive, fleet):
        from veritas.fleet.job_auditor import Means
        from veritas.fleet.worker import Worker

        async def work() -> None:
            worker = Worker(
                archive,
                fleet,
                queues=queues,
                jobs=jobs,
                means=Means(browser, proxy),
                database_timeout=database_timeout,
                report=report,
            )
            worker.handle_signals()
            await worker.run()

        asyncio.run(work())
