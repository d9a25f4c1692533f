"""The command line: one module a command, named for its verb and imported only when it runs.

A command's module has an object `command`. Its function returns the exit status, or None for 0. If it raises, then
`veritas.cli.lib.errors` turns the exception into a message and an exit status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import click

from veritas import __version__
from veritas.cli.lib.group import LazyGroup
from veritas.cli.lib.process_list import hide_secrets
from veritas.config import is_set

# The first sentence of each command's help is repeated here, so that listing the commands does not import them.
COMMANDS: Mapping[str, str] = {
    "audit": "Audit a web site in a real browser and record every step.",
    "demo": "Audit two small shops on this machine, a manipulative and an honest one.",
    "record": "Run a program and record the events that it emits.",
    "ingest": "Record the events in captured output.",
    "submit": "Queue audits for the workers of a fleet.",
    "worker": "Do the audits that were queued, until it is stopped.",
    "fleet": "Set up the queue of audits, and see and steer the jobs and the workers.",
    "schedule": "Queue audits again and again, at set times.",
    "list": "List the recorded audits, newest first.",
    "serve": "Show the log as pages in a browser, and serve its API, until ^C.",
    "watch": "Watch all audits that run, whichever process or machine runs them.",
    "show": "Show an audit's verdict, phases, findings and transport.",
    "events": "List an audit's events as they were recorded.",
    "replay": "Replay an audit at its recorded pace, or several side by side.",
    "check": "Check recorded audits by rules, and write the results for other programs.",
    "diff": "Compare two audits, the two transports of one, or all recordings of a site.",
    "report": "Write an audit's report as one HTML page.",
    "metrics": "Show all audits in numbers: statuses, durations, failures by cause, verdicts, and findings by kind.",
    "verify": "Verify that the log, or an exported bundle, is as it was recorded.",
    "rollout": "Move audits from stdout to the queue in stages.",
    "redact": "Erase the content of one event, and record that it was erased.",
    "checkpoint": "Sign the contents of the log, and print the signed checkpoint.",
    "key": "Show, make or rotate the key that signs checkpoints.",
    "export": "Export an audit as evidence that anyone can verify, or all audits as tables.",
    "import": "Import exported evidence into the log.",
    "browser": "Find or install the browser that audits use.",
    "doctor": "Check the installation, the log, the signing key and the browser.",
    "db": "Maintain the database that holds the log.",
    "schema": "Print the JSON Schema of an event type or of a command's JSON, or list the schemas.",
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
    """Audit web sites in a real browser, and record every step in an append-only, verifiable event log.

    `veritas URL` is short for `veritas audit URL`. Where a command takes an AUDIT, give any unique beginning of its id,
    `latest`, or `latest:URL` for the latest audit of a page or a host. `veritas help` lists the pages of the
    documentation. Options can be kept in a file, veritas.toml in the working directory or the one of --config FILE:
    see `veritas help configure`.
    """


def main() -> NoReturn:
    """Run the command line with the process's arguments."""
    hide_secrets()
    if is_set("_VERITAS_COMPLETE"):
        from veritas.cli.lib.bash_completion import use_quoting_completion

        use_quoting_completion()
    cli.main()
    raise AssertionError("click ends the process")
