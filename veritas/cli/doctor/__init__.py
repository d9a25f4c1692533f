"""`veritas doctor`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veritas.cli.lib.exit_status import ERROR, NO, YES
from veritas.cli.lib.options import database_option, format_option, verbose_option

if TYPE_CHECKING:
    from veritas.cli.doctor.checks import Check
    from veritas.cli.lib.table import Cell


@click.command("doctor")
@format_option("text", "json")
@database_option
@verbose_option
def command(output: str, database: str | None) -> int:
    """Check the installation, the log, the signing key and the browser.

    Each check is one line: the finding and, if something is wrong, the remedy. Nothing is changed, and no log is
    created. The exit status is 1 if something is wrong, and 2 if nothing is wrong but something could not be checked;
    with warnings alone it is 0.
    """
    from dataclasses import asdict

    from veritas.cli.doctor.checks import run_checks
    from veritas.cli.lib.config_option import checked_file
    from veritas.cli.lib.output import print_json
    from veritas.cli.lib.table import print_line
    from veritas.config import Settings

    checks: list[Check] = []
    ctx = click.get_current_context()
    for check in run_checks(database, Settings.from_environment(), read_config=lambda: checked_file(ctx)):
        checks.append(check)
        if output == "text":
            print_line(_line(check))
    status = _status(checks)
    if output == "json":
        print_json({"ok": status == YES, "checks": [asdict(check) for check in checks]})
    return status


def _line(check: Check) -> Cell:
    from veritas.cli.lib import table

    sentence = "; ".join(filter(None, (check.finding, check.remedy)))
    end = "" if sentence.endswith("?") else "."
    return table.check(check.result, f"{check.result:9}  {check.name:15}  {sentence}{end}")


def _status(checks: list[Check]) -> int:
    from veritas.cli.doctor.checks import UNCHECKED, WRONG

    results = {check.result for check in checks}
    return NO if WRONG in results else ERROR if UNCHECKED in results else YES
