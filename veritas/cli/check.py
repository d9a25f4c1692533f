"""`veritas check AUDIT…`"""

from __future__ import annotations

import click

from veritas.cli.lib.checking import CheckChoices, check_options, print_checks, recorded_states
from veritas.cli.lib.options import audits_argument, database_option, format_option, verbose_option


@click.command("check")
@audits_argument
@check_options
@click.option("--force", is_flag=True, help="Replace the files if they exist.")
@format_option("text", "json")
@database_option
@verbose_option
def command(audits: tuple[str, ...], checks: CheckChoices, force: bool, output: str, database: str | None) -> int:
    """Check recorded audits by rules, and write the results for other programs.

    An AUDIT may also be the id of a batch, for all audits of it; one that has not begun does not pass. This is what
    `veritas audit` does with the same options after an audit. The exit status is 1 if an audit failed, if
    one breaks a rule, or if one showed too little to say; `veritas help ci` has the rules.
    """
    from veritas.archive.archive import Archive
    from veritas.ci.check_json import checks_json
    from veritas.cli.lib.output import print_json
    from veritas.events.json import json_values

    with Archive.open(database, create=False) as archive, checks.checking(archive, force=force) as check_runs:
        made = check_runs(recorded_states(archive, audits))
    if output == "json":
        print_json(json_values(checks_json(made)))
    return print_checks(made, err=output == "json")
