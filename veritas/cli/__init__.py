"""The command line: one module a command, named for its verb, imported only when it runs.

A command's module has one `command` object. Its function returns the exit status, or None for 0; what goes wrong it
raises, and `veritas.cli.lib.errors` turns that into a sentence and a status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import click

from veritas import __version__
from veritas.cli.lib.group import LazyGroup

# Each command's first sentence stands here as well, so that the list of them needs none of their modules.
COMMANDS: Mapping[str, str] = {
    "audit": "Audit a web site in a real browser and record every step.",
    "demo": "Audit two small shops on this machine, a manipulative and an honest one.",
    "record": "Run a program and record the events that it emits.",
    "ingest": "Record the events in a captured log.",
    "list": "List the recorded audits, newest first.",
    "show": "Show what is known about an audit.",
    "events": "List an audit's events as they were recorded.",
    "replay": "Replay an audit at its recorded pace, or several side by side.",
    "diff": "Compare two recordings, the two transports of one, or all of a site.",
    "report": "Write an audit's report as one HTML page.",
    "verify": "Check that the log, or a bundle that was exported, is as it was written.",
    "rollout": "Move audits from stdout to the queue in stages, and say why each got what it got.",
    "redact": "Erase what one event says, and record that it was erased.",
    "checkpoint": "Sign what the log holds, and print the signed checkpoint.",
    "export": "Export an audit as evidence that anyone can check.",
    "import": "Take exported evidence into the log.",
    "browser": "Find or install the browser that audits use.",
    "doctor": "Look over all that audits and their record rest on.",
    "db": "Tend the database that holds the log.",
    "help": "Show a page of the documentation, or list the pages.",
}


@click.group(
    cls=LazyGroup,
    summaries=COMMANDS,
    default="audit",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(__version__, prog_name="veritas", message="%(prog)s %(version)s")
def cli() -> None:
    """Audit web sites in a real browser, and keep every step in an append-only, verifiable event log.

    `veritas URL` audits URL: it is short for `veritas audit URL`. An AUDIT is named by any unique beginning of its id.
    `veritas help` lists the pages of the documentation.
    """


def main() -> NoReturn:
    """Run the command line with the process's arguments."""
    cli.main()
    raise AssertionError("click ends the process")
