"""`--config`: the options that a configuration file gives, as defaults of the command line.

A file that is only found in the working directory may belong to anyone, such as the author of a repository that was
just cloned. Such a file may say how an audit is done and judged, and how results are shown, and nothing by which it
could start a program, reach another network, read or replace other files, use a secret, change whom to trust, or have
another log used than the user's: see `veritas.cli.lib.config_value`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import click

from veritas.cli.lib.config_file import ConfigFile, find_config
from veritas.cli.lib.config_value import HARMLESS, VARIABLES, ConfigValue
from veritas.config import is_set
from veritas.errors import UsageError

# The options that a file can give once, for every command that has them.
SHARED = ("db", "database-timeout", "key", "trust", "verbose")

# The commands whose options a file may give that is not named: they audit, judge and show.
_HARMLESS_TABLES = ("audit", "check", "list", "show", "events", "replay", "diff")

# The commands that report a faulty file, and go on without it.
_REPORTING = ("doctor",)

_NEVER = ("config", "help", "version")
_META, _FAULT = "veritas.config", "veritas.config_fault"


def add_config_option(command: click.Command, names: Collection[str]) -> None:
    """Add `--config` to a command and to the commands of a group.

    Args:
        command: The command.
        names: The names of all commands, for the tables of the file.
    """
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            add_config_option(subcommand, names)
    elif not any(parameter.name == "config" for parameter in command.params):

        def apply(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
            try:
                file = ctx.meta[_META] = find_config(value)
                if file is not None:
                    ctx.default_map = options_of(file, ctx, names)
            except UsageError as error:
                if ctx.command.name not in _REPORTING:
                    raise
                ctx.meta[_FAULT] = error

        option = click.Option(
            ["--config"],
            metavar="FILE",
            type=click.UNPROCESSED,  # a file's name may have any bytes
            is_eager=True,  # so that the other options can have their defaults from it
            expose_value=False,
            hidden=True,  # the help of every command would have it; `veritas --help` names it
            callback=apply,
        )
        command.params.insert(0, option)


def options_of(file: ConfigFile, ctx: click.Context, names: Collection[str]) -> dict[str, Any]:
    """Return the values that a file gives the options of a command, by the names of its parameters.

    Args:
        file: The file.
        ctx: The command's context.
        names: The names of all commands.

    Raises:
        UsageError: The file has something that it cannot have; other commands' tables are not looked into.
    """
    path = _path_of(ctx)
    _check_top_level(file, names)
    options = {
        max(option.opts, key=len).removeprefix("--"): option
        for option in ctx.command.params
        if isinstance(option, click.Option) and option.name not in _NEVER
    }
    shared = {name: value for name, value in file.values.items() if not isinstance(value, Mapping)}
    given: dict[tuple[str, ...], Any] = {(name,): value for name, value in shared.items() if name in options}
    table = _table(file, ctx, path)
    if table and file.named_by is None and path[0] not in _HARMLESS_TABLES:
        raise file.fault(path, f"only a file that is named may have options of `veritas {path[0]}`; {file.remedy}.")
    given |= {(*path, name): value for name, value in table.items()}
    values = {}
    for keys, value in given.items():
        name = keys[-1]
        if name not in options:
            command = f"veritas {' '.join(path)}"
            remedy = _guess(name, options) or f"; `{command} --help` lists them."
            raise file.fault(keys, f"`{command}` has no option {name!r}{remedy}")
        checked = ConfigValue(file, keys, options[name], ctx).checked(value)
        if checked is not None and not is_set(*VARIABLES.get(name, ())):
            values[options[name].name or ""] = checked
    return values


def checked_file(ctx: click.Context) -> ConfigFile | None:
    """Return the file that a command uses, after a check of what it gives every command; None without a file.

    Args:
        ctx: The command's context.

    Raises:
        UsageError: The file cannot be read, or has something that it cannot have.
    """
    fault: UsageError | None = ctx.meta.get(_FAULT)
    if fault is not None:
        raise fault
    file: ConfigFile | None = ctx.meta.get(_META)
    if file is not None:
        _check_all(file, ctx.find_root())
    return file


def _check_all(file: ConfigFile, ctx: click.Context) -> None:
    program = ctx.command
    assert isinstance(program, click.Group)  # which has all commands
    names = program.list_commands(ctx)
    _check_top_level(file, names)
    for name, table in file.values.items():
        if isinstance(table, Mapping):
            _check_command(file, ctx, name, table, names)


def _check_command(
    file: ConfigFile, parent: click.Context, name: str, table: Mapping[str, Any], names: Collection[str]
) -> None:
    group = parent.command
    command = group.get_command(parent, name) if isinstance(group, click.Group) else None
    if command is None:
        return  # the group itself has a fault
    ctx = click.Context(command, parent=parent, info_name=name)
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    if isinstance(command, click.Group) and inner:
        for key, value in inner.items():
            _check_command(file, ctx, key, value, names)
    options_of(file, ctx, names)


def _path_of(ctx: click.Context) -> tuple[str, ...]:
    """Return the names of a command and of the groups that it belongs to."""
    names: list[str] = []
    at: click.Context | None = ctx
    while at is not None and at.parent is not None:
        names.insert(0, at.info_name or "")
        at = at.parent
    return tuple(names)


def _check_top_level(file: ConfigFile, names: Collection[str]) -> None:
    for name, value in file.values.items():
        if isinstance(value, Mapping):
            if name not in names:
                remedy = _guess(name, names) or "; `veritas --help` lists the commands."
                raise file.fault((name,), f"there is no command {name!r}{remedy}")
        elif name not in SHARED:
            remedy = f"; write it below its command, such as [audit]: for all commands there are {', '.join(SHARED)}."
            fault = f"{name!r} is not an option of all commands{_guess(name, SHARED) or remedy}"
            raise file.fault((name,), fault)
        elif file.named_by is None and name not in HARMLESS:
            raise file.fault((name,), f"only a file that is named may give {name!r}; {file.remedy}.")


def _table(file: ConfigFile, ctx: click.Context, path: Sequence[str]) -> Mapping[str, Any]:
    """Return the table of a command; empty if there is none."""
    table: Any = file.values
    contexts = [ctx]
    while (parent := contexts[0].parent) is not None:
        contexts.insert(0, parent)
    for depth, (name, at) in enumerate(zip(path, contexts[1:], strict=True), 1):
        table = table.get(name, {})
        if not isinstance(table, Mapping):
            return {}  # an option of the same name as a command: `db`, `key`
        group = at.command if isinstance(at.command, click.Group) else None
        for key, value in table.items():
            keys = (*path[:depth], key)
            if isinstance(value, Mapping) and (group is None or group.get_command(at, key) is None):
                remedy = _guess(key, [] if group is None else group.list_commands(at)) or "."
                raise file.fault(keys, f"there is no command `veritas {' '.join(keys)}`{remedy}")
            if group is not None and not isinstance(value, Mapping):
                example = f"[{'.'.join(path)}]"
                raise file.fault(
                    keys, f"`veritas {name}` has no options; write {key!r} below a command, such as {example}."
                )
    return {key: value for key, value in table.items() if not isinstance(value, Mapping)}


def _guess(name: str, names: Iterable[str]) -> str:
    close = get_close_matches(name.replace("_", "-"), list(names), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
