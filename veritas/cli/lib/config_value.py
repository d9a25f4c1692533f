"""A value of a configuration file: of the type that its option takes, without a secret, and without danger."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from veritas.cli.lib.config_file import ConfigFile
from veritas.config import BROWSER, DATABASE, IPC_MODE, IPC_ROLLOUT, KEY, PROXY
from veritas.database_url import passwords_in
from veritas.errors import UsageError

# The options that a file may give without being named. Every other one needs a named file, also one that is new.
HARMLESS = frozenset(
    {
        *("tier", "timeout", "visit-timeout", "limit", "screenshots", "viewport", "locale", "time-zone", "user-agent"),
        *("use-queue-ipc", "use-stdout", "validate-ipc", "validate-by", "obey-robots"),
        *("fail-on", "baseline", "tag", "name", "ignore", "only", "tolerance", "no-defaults", "site"),
        *("format", "json", "full", "status", "sort", "reverse", "risk", "finding", "url", "since", "until", "source"),
        *("phase", "type", "grep", "speed", "idle-limit", "no-wait", "verbose", "database-timeout"),
        *("junit", "sarif", "output"),  # inside of its directory
    }
)

# The variables that win over the file, by the option.
VARIABLES = {
    "db": (DATABASE,),
    "browser": (BROWSER,),
    "proxy": (PROXY,),
    "key": (KEY,),
    **dict.fromkeys(("use-queue-ipc", "use-stdout", "validate-ipc", "validate-by"), (IPC_MODE, IPC_ROLLOUT)),
}

# What a value is called, by its type.
_KINDS = (
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number with a decimal point"),
    (str, "text"),
    (list, "several values"),
)


class ConfigValue:
    """One value of a file, for an option of a command.

    Args:
        file: The file.
        keys: Where the value is in the file.
        option: The option.
        ctx: The command's context.
    """

    def __init__(self, file: ConfigFile, keys: Sequence[str], option: click.Option, ctx: click.Context) -> None:
        self._file = file
        self._keys = keys
        self._option = option
        self._ctx = ctx
        self._name = keys[-1]

    def checked(self, value: Any) -> Any:
        """Return the value as the option takes it.

        Raises:
            UsageError: It is of another type, is a secret, or must not come from a file that is not named.
        """
        if self._file.named_by is None and self._name not in HARMLESS:
            raise self._fault(f"only a file that is named may give {self._name!r}; {self._file.remedy}")
        if self._option.multiple:
            if not isinstance(value, list):
                raise self._fault(f'{self._name!r} takes several values; write them in brackets: ["…", "…"]')
            prepared: Any = [self._one(item) for item in value]
        else:
            prepared = self._one(value)
        try:
            self._option.type_cast_value(self._ctx, prepared)
        except click.UsageError as error:
            message = error.message.rstrip(".")
            raise self._fault(f"the value of {self._name!r} is invalid: {message[:1].lower()}{message[1:]}") from None
        return prepared

    def _one(self, value: Any) -> Any:
        if self._option.is_flag:
            is_given = self._of_type(value, bool, "true or false")
            return is_given if self._option.is_bool_flag else self._option.flag_value if is_given else None
        if isinstance(self._option.type, click.types.IntParamType):
            return self._of_type(value, int, "a whole number")
        if isinstance(self._option.type, click.types.FloatParamType):
            return float(self._of_type(value, (int, float), "a number"))
        return self._text(self._of_type(value, str, "text in quotation marks"))

    def _of_type(self, value: Any, type: type | tuple[type, ...], noun: str) -> Any:
        if not isinstance(value, type) or (isinstance(value, bool) and type is not bool):
            raise self._fault(f"{self._name!r} takes {noun}, and not {_kind_of(value)}")
        return value

    def _text(self, text: str) -> str:
        if self._option.metavar == "SOURCE":
            if text.startswith("@"):
                return f"@{self._absolute(text.removeprefix('@'))}"
            if text != "-" and not text.startswith("env:"):
                remedy = "give @FILE, env:NAME or -"
                raise self._fault(f"{self._name!r} takes no value itself, because many can read such a file; {remedy}")
            return text
        if self._name in ("db", "proxy") and _has_password(text):
            variable = VARIABLES[self._name][0]
            raise self._fault(f"{self._name!r} has a password, which many could read here; set {variable} instead")
        if self._name == "db" and "://" in text:
            return text
        return self._path(text) if self._is_file(text) else text

    def _is_file(self, text: str) -> bool:
        metavar = self._option.metavar or ""
        if self._name == "browser":
            return os.sep in text  # else it is a name on the PATH
        if "KEY" in metavar:
            return self._absolute(text).exists()  # else it is a key
        if isinstance(self._option.type, click.Path | click.File) or self._name == "db":
            return True
        return "FILE" in metavar and text != "-"

    def _path(self, text: str) -> str:
        path = self._absolute(text)
        if self._file.named_by is None and not path.resolve().is_relative_to(self._file.directory.resolve()):
            fault = f"{text!r} is outside of the directory of the file, which only a file that is named may give"
            raise self._fault(f"{fault}; {self._file.remedy}")
        return str(path)

    def _absolute(self, text: str) -> Path:
        return self._file.directory / Path(text).expanduser()

    def _fault(self, message: str) -> UsageError:
        return self._file.fault(self._keys, f"{message}.")


def _has_password(url: str) -> bool:
    if passwords_in(url):
        return True
    try:
        return bool(urlsplit(url).password)
    except ValueError:
        return False


def _kind_of(value: Any) -> str:
    for kind, noun in _KINDS:
        if isinstance(value, kind):
            return noun
    return "a date or a table"
