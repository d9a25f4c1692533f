"""A Click group that imports a command only when it runs, and passes a URL to its default command."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.lib.config_option import add_config_option
from veritas.cli.lib.errors import click_errors, remember_arguments, run_command_line
from veritas.cli.lib.new_key import announcing_new_key

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_LONGEST_SUMMARY = 200  # characters; Click cuts summaries after 45


class LazyGroup(click.Group):
    """A group whose commands are modules of `veritas.cli`.

    Args:
        summaries: Each command's name and summary, in the order in which help lists them.
        default: The command that runs if a URL is in the place of a command.
    """

    def __init__(self, *args: Any, summaries: Mapping[str, str], default: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._summaries = summaries
        self._default = default

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return [*self._summaries]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; None if there is none of that name."""
        if cmd_name not in self._summaries:
            return None
        command: click.Command = import_module(f"veritas.cli.{cmd_name}").command
        _refuse_undecodable_text(command)
        add_config_option(command, self._summaries)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([*self._summaries.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin with *incomplete*, without importing them."""
        from click.shell_completion import CompletionItem

        commands = [
            CompletionItem(name, help=summary)
            for name, summary in self._summaries.items()
            if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move the command before the options that precede it; put the default command before a URL."""
        remember_arguments(ctx, args)
        with click_errors(ctx):
            return super().parse_args(ctx, self._command_first(ctx, args))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an exception becomes a message and an exit status."""
        with click_errors(ctx), announcing_new_key():
            return super().invoke(ctx)

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line; in *standalone_mode*, end the process with its exit status."""

        def command_line() -> Any:
            return super(LazyGroup, self).main(args, prog_name, standalone_mode=False, **extra)

        return sys.exit(run_command_line(command_line)) if standalone_mode else command_line()

    def _command_first(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] in self._summaries or args[0] in _option_names(self, ctx):
            return args
        at = self._first_positional(ctx, args)
        if at is None:
            return [self._default, *args]
        name = args[at]
        if name in self._summaries:
            end = at + 1 + isinstance(self.get_command(ctx, name), click.Group)  # the options belong to its subcommand
            return [*args[at:end], *args[:at], *args[end:]]
        if not _is_url_or_host(name) and not ctx.resilient_parsing:  # a shell completes what is not finished
            raise click.UsageError(self._no_such_command(name), ctx)
        return [self._default, *args]

    def _first_positional(self, ctx: click.Context, args: Sequence[str]) -> int | None:
        """Return the index of the first argument that is neither an option nor an option's value.

        Which options take a value is known from the default command, whose options may precede it.
        """
        if not args[0].startswith("-"):
            return 0
        default = self.get_command(ctx, self._default)
        assert default is not None
        options = [parameter for parameter in default.params if isinstance(parameter, click.Option)]
        valued = {name for option in options if not (option.is_flag or option.count) for name in option.opts}
        at = 0
        while at < len(args) and args[at].startswith("-") and args[at] != "-":
            if args[at] == "--":
                return None  # everything after it is an argument of the default command
            at += 2 if args[at] in valued else 1
        return at if at < len(args) else None

    def _no_such_command(self, name: str) -> str:
        if not name:
            return "The URL is empty; give a full one such as 'https://example.com/'."
        close = get_close_matches(name, self._summaries, n=1)
        if close:
            return f"No such command {name!r}. Did you mean {close[0]!r}?"
        remedy = "`veritas --help` lists the commands"
        if name.isalnum():
            remedy += f"; to audit a host of that name, write http://{name}/"
        return f"No such command {name!r}; {remedy}."


class CommandGroup(click.Group):
    """A group whose help has the whole summary of each command."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(_LONGEST_SUMMARY)) for name, each in commands if each])


class _Text(click.types.StringParamType):
    """Text in UTF-8; Python replaces other bytes by lone surrogates, which cannot be recorded or compared."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text."""
        text = super().convert(value, param, ctx)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self.fail(f"{text!r} is not valid UTF-8; write it in UTF-8.", param, ctx)
        return text


def _refuse_undecodable_text(command: click.Command) -> None:
    """Make every parameter of a command that takes text refuse bytes that are not UTF-8."""
    for parameter in command.params:
        if parameter.type is click.STRING:
            parameter.type = _Text()
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            _refuse_undecodable_text(subcommand)


def _option_names(group: click.Group, ctx: click.Context) -> set[str]:
    return {name for parameter in group.get_params(ctx) for name in parameter.opts}


def _is_url_or_host(text: str) -> bool:
    """Return whether *text*, valid or not, looks like a URL or a host rather than a command."""
    return any(sign in text for sign in ".:/") or text.lower() == "localhost"
