"""`veritas doctor`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veritas.cli.lib.options import database_option, format_option, verbose_option

if TYPE_CHECKING:
    from veritas.cli.doctor.checks import Check
    from veritas.cli.lib.table import Cell

YES, NO, CANNOT = 0, 1, 2


@click.command("doctor")
@format_option("text", "json")
@database_option
@verbose_option
def command(output: str, database: str | None) -> int:
    """Look over all that audits and their record rest on.

    One line a check: what was found and, where something is wrong, the remedy. Nothing is changed, and no log is made.
    The exit status is 1 if something is wrong, and 2 if nothing is but not everything could be checked; a warning
    alone is 0.
    """
    from dataclasses import asdict

    from veritas.cli.doctor.checks import examine
    from veritas.cli.lib.output import print_json
    from veritas.cli.lib.table import print_line
    from veritas.config import Settings

    checks: list[Check] = []
    for check in examine(database, Settings.from_environment()):
        checks.append(check)
        if output == "text":
            print_line(_line(check))
    status = _status(checks)
    if output == "json":
        print_json({"ok": status == YES, "checks": [asdict(check) for check in checks]})
    return status


def _line(check: Check) -> Cell:
    from veritas.cli.lib import table

    remedy = f"; {check.remedy}" if check.remedy else ""
    return table.check(check.result, f"{check.result:9}  {check.name:15}  {check.finding}{remedy}.")


def _status(checks: list[Check]) -> int:
    from veritas.cli.doctor.checks import UNCHECKED, WRONG

    results = {check.result for check in checks}
    return NO if WRONG in results else CANNOT if UNCHECKED in results else YES
