"""Secrets in a command line: the values of options and variables by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from veritas.secrets.names import is_secret_name
from veritas.secrets.urls import MASK, Replace

_OPTION = re.compile(r"--?(?P<name>[A-Za-z][\w.-]*)$")
_VALUE = r"(?P<value>\"[^\"]*\"|'[^']*'|\S+)"
_ASSIGNMENT = re.compile(rf"(?P<before>(?<![\w?&#;-])-{{0,2}}(?P<name>[A-Za-z_][\w.-]*)=){_VALUE}")
_OPTION_IN_TEXT = re.compile(rf"(?P<before>(?<!\S)--?(?P<name>[A-Za-z][\w.-]*)\s+){_VALUE}")


def mask_arguments(arguments: Sequence[str], replace: Replace) -> list[str]:
    """Return a command's arguments with the values of `--password VALUE`, `--token=VALUE` or `API_KEY=VALUE` replaced.

    An argument may itself be a command line, as that of `sh -c` is.
    """
    masked, name = list[str](), ""
    for argument in arguments:
        if name and is_secret_name(name) and argument:
            masked.append(replace(name, argument))
        else:
            masked.append(_mask_text(argument, replace))
        option = _OPTION.match(argument)
        name = option["name"] if option else ""
    return masked


def _mask_text(text: str, replace: Replace) -> str:
    def mask(match: re.Match[str]) -> str:
        value = match["value"]
        quote = value[0] if value[0] in "\"'" and value[0] == value[-1] else ""
        value = value.removeprefix(quote).removesuffix(quote)
        if not value or not is_secret_name(match["name"]) or value.startswith(MASK):
            return match[0]
        return f"{match['before']}{quote}{replace(match['name'], value)}{quote}"

    return _OPTION_IN_TEXT.sub(mask, _ASSIGNMENT.sub(mask, text))
