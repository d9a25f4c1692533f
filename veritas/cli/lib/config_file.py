"""The configuration file: found, read, and searched for the line of a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from veritas.config import CONFIG, config_file
from veritas.errors import UsageError

NAME = "veritas.toml"
_MOST_BYTES = 1_000_000
_MOST_LINES = 2_000  # of a file in which the line of a key is searched


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file.

    Attributes:
        path: The file.
        named_by: The option or variable that names it; None if it was only found in the working directory.
        text: Its text.
        values: Its values.
    """

    path: Path
    named_by: str | None
    text: str
    values: Mapping[str, Any]

    @property
    def directory(self) -> Path:
        """The directory that relative paths in the file are relative to."""
        return self.path.absolute().parent

    @property
    def remedy(self) -> str:
        """What to do if the file would have to be named."""
        return f"if you trust it, name it: `--config {self.path}`"

    def fault(self, keys: Sequence[str], message: str) -> UsageError:
        """Return the error about a key: `'veritas.toml', line 3: …`."""
        line = self._line_of(keys)
        return UsageError(f"{str(self.path)!r}{'' if line is None else f', line {line}'}: {message}")

    def _line_of(self, keys: Sequence[str]) -> int | None:
        """Return the number of the line on which a key's value begins; None if it is not certain.

        The TOML parser of Python gives no lines. So the file is parsed up to each line: a key is set by the lines after
        the last part without it that can be parsed.
        """
        import tomllib

        lines = self.text.splitlines(keepends=True)
        without = 0
        for end in range(1, min(len(lines), _MOST_LINES) + 1):
            try:
                part = tomllib.loads("".join(lines[:end]))
            except tomllib.TOMLDecodeError:
                continue  # in the middle of a value
            if _has(part, keys):
                return without + 1
            without = end
        return None


def find_config(option: str | None) -> ConfigFile | None:
    """Return the file that `--config` or the environment names, else `veritas.toml` of the working directory, if any.

    Raises:
        UsageError: It cannot be read, or is not TOML.
    """
    if option is not None:
        return _read(Path(option), "--config")
    if (variable := config_file()) is not None:
        return _read(Path(variable), CONFIG)
    try:
        is_there = Path(NAME).is_file()  # and not a pipe, which would never end
    except OSError:
        return None
    return _read(Path(NAME), None) if is_there else None


def _read(path: Path, named_by: str | None) -> ConfigFile:
    import tomllib

    remedy = f"check {named_by}" if named_by else "make it readable, or name another with --config"
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"The configuration {str(path)!r} cannot be read: {reason}; {remedy}.") from None
    if len(data) > _MOST_BYTES:
        raise UsageError(f"The configuration {str(path)!r} has more than {_MOST_BYTES:,} bytes; {remedy}.")
    try:
        text = data.decode("utf-8")
        return ConfigFile(path, named_by, text, tomllib.loads(text))
    except UnicodeDecodeError:
        raise UsageError(f"The configuration {str(path)!r} is not text in UTF-8; write it in UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"The configuration {str(path)!r} is not TOML: {error}; correct it there.") from None


def _has(values: Mapping[str, Any], keys: Sequence[str]) -> bool:
    found: Any = values
    for key in keys:
        if not isinstance(found, Mapping) or key not in found:
            return False
        found = found[key]
    return True
