"""`veritas help`"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files

import click

from veritas.cli.lib.options import verbose_option

# The pages in veritas/docs, in the order in which they are listed, each with one line on its content.
TOPICS: Mapping[str, str] = {
    "demo": "Try VERITAS on two shops that it serves on this machine.",
    "audit": "Audit a web site: the five phases, the tiers, the trust score, the browser.",
    "batch": "Audit a list of pages: files, several at once, politeness, the summary, resuming.",
    "record": "Record your own program over stdout or over the queue, or import its captured output.",
    "inspect": "List audits, show one as it was at any point in time, and read its events.",
    "replay": "Replay a recording on a terminal, or in one of nine formats for another program.",
    "serve": "Watch audits and read the log in a browser, and use its API.",
    "compare": "Compare two recordings, or all recordings of one site.",
    "transports": "Check that the queue delivers what stdout delivers.",
    "fleet": "Queue audits, and do them by workers on many machines.",
    "ci": "Let a build fail by what an audit finds: rules, a baseline, JUnit, SARIF.",
    "rollout": "Move audits from stdout to the queue in stages: metrics, the gate, the simulation.",
    "metrics": "All audits in numbers: for people, for Prometheus and Grafana, and alerts.",
    "evidence": "Write a report, export an audit as a bundle that anyone can verify, and import one.",
    "analytics": "Export all audits as Parquet files, and query them with DuckDB.",
    "verify": "Verify the log, sign checkpoints, and manage keys.",
    "redact": "Erase the content of one event and keep the proof that it was there.",
    "maintain": "Check the installation, back up the log, rebuild and upgrade it.",
    "configure": "Keep options in a file, veritas.toml, and complete commands in the shell.",
    "postgresql": "Keep the log in PostgreSQL.",
    "security": "What VERITAS protects, against whom, what it does not protect, and how this is tested.",
    "scripts": "Use VERITAS from scripts: exit statuses, output, environment variables.",
    "events": "Reference: the event line, the event types and the columns of the log.",
    "commands": "Reference: every command and option.",
    "glossary": "The terms that VERITAS uses, and what they mean here.",
    "design": "How VERITAS is built, for those who work on it.",
}

_WIDTH = 100  # columns at most: longer lines of prose are hard to read

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)\n?")
_CODE_BLOCK = re.compile(r"^(```.*?^)```\n?", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\((\w+)\.md(?:#[\w-]*)?\)")


def _complete_topic(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in TOPICS if name.startswith(incomplete)]


@click.command("help")
@click.argument("topic", nargs=-1, shell_complete=_complete_topic)
@verbose_option
@click.pass_context
def command(ctx: click.Context, topic: tuple[str, ...]) -> None:
    """Show a page of the documentation, or list the pages.

    TOPIC is one of the pages that `veritas help` lists, or a command, such as `rollout start`.
    """
    if not topic:
        _list_topics()
    elif len(topic) == 1 and topic[0] in TOPICS:
        _show(page(topic[0]))
    else:
        click.echo(_help_of_command(ctx, topic))


def page(topic: str) -> str:
    """Return a page as Markdown, without comments."""
    return _COMMENT.sub("", (files("veritas") / "docs" / f"{topic}.md").read_text(encoding="utf-8"))


def _list_topics() -> None:
    from veritas.cli.lib.table import Column, on_terminal, print_line, print_table

    print_table([Column("topic"), Column("about", fold=True)], TOPICS.items())
    if on_terminal():
        click.echo()
        print_line("`veritas help TOPIC` shows a page; `veritas COMMAND --help` lists the options of a command.")


def _show(text: str) -> None:
    from veritas.cli.lib.table import on_terminal

    if not on_terminal():
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.syntax import Syntax
    from rich.text import Text
    from rich.theme import Theme

    text = _LINK.sub(r"\1 (`veritas help \2`)", _IMAGE.sub("", text))
    console = Console(highlight=False, theme=Theme({"markdown.code": "cyan"}))
    for part in _CODE_BLOCK.split(text):
        if part.startswith("```"):
            # Rich would break a long line of code, which could then neither be read nor copied.
            language, _, code = part.removeprefix("```").partition("\n")
            highlighted = Syntax("", language.split()[0] if language else "text", theme="ansi_dark").highlight(code)
            for line in highlighted.split():
                console.print(Text("  ") + line, soft_wrap=True)
            console.print()
        elif part.strip():
            console.print(Markdown(part), width=min(console.width, _WIDTH))
            console.print()


def _help_of_command(ctx: click.Context, names: Sequence[str]) -> str:
    """Return the help of a command; *names* are its name, after that of its group if it is in one."""
    context = ctx.parent
    assert context is not None
    for name in names:
        group = context.command
        command = group.get_command(context, name) if isinstance(group, click.Group) else None
        if command is None:
            raise click.UsageError(_unknown_topic(ctx, names))
        context = click.Context(command, info_name=name, parent=context)
    return context.get_help()


def _unknown_topic(ctx: click.Context, names: Sequence[str]) -> str:
    name = " ".join(names)
    root = ctx.find_root()
    assert isinstance(root.command, click.Group)
    commands = root.command.list_commands(root)
    in_groups = [
        f"{group} {subcommand}"
        for group in commands
        if isinstance(loaded := root.command.get_command(root, group), click.Group)
        for subcommand in loaded.list_commands(root)
    ]
    same = [each for each in in_groups if each.endswith(f" {name}")]
    close = same or get_close_matches(name, dict.fromkeys([*TOPICS, *commands, *in_groups]), n=3, cutoff=0.6)
    if close:
        return f"No such help topic {name!r}. Did you mean {' or '.join(map(repr, close))}?"
    return f"No such help topic {name!r}; `veritas help` lists the topics."
