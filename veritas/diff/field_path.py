"""The path of a field in an event, and patterns that match paths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from veritas.errors import InvalidPattern

_PATTERN_FORMS = "write FIELD.FIELD, PHASE/STEP or 'PHASE/STEP FIELD.FIELD'"
_PLAIN_NAME = re.compile(r"[^\s.\[\]*?]+\Z")


@dataclass(frozen=True, slots=True)
class Index:
    """The index of a list's item on either side; None on a side that does not have the item."""

    a: int | None
    b: int | None

    def __str__(self) -> str:
        """Return `[3]`, or `[3>4]` if the item has another index on the other side."""
        if None in (self.a, self.b) or self.a == self.b:
            return f"[{self.b if self.a is None else self.a}]"
        return f"[{self.a}>{self.b}]"

    def reversed(self) -> Index:
        """Return the index with the sides exchanged."""
        return Index(self.b, self.a)


Path = tuple[str | Index, ...]
Names = tuple[str, ...]  # a path without list indices, which patterns are matched with


def path_text(path: Path) -> str:
    """Return a path as people write it: `summary.links[3].url`."""
    text = ""
    for step in path:
        if isinstance(step, Index):
            text += str(step)
        elif _PLAIN_NAME.match(step):
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]"
    return text


def reversed_path(path: Path) -> Path:
    """Return the path with the sides exchanged."""
    return tuple(step.reversed() if isinstance(step, Index) else step for step in path)


def names_of(path: Path) -> Names:
    """Return a path's names, without list indices."""
    return tuple(step for step in path if isinstance(step, str))


@dataclass(frozen=True)
class Pattern:
    """A pattern of fields: `judge/done summary.trust_score`, `summary.pages.timing`, `timestamp`, `scout/*`.

    Attributes:
        text: The pattern as written.
        events: The pattern of the event's `phase/step`; `*` if none was given.
        names: The patterns of the names of a path, one by one; empty for an event as a whole.
    """

    text: str
    events: str
    names: Names

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Parse a pattern: `PHASE/STEP`, `FIELD.FIELD…` or both with a space between; `*` and `?` as in file names.

        A single name matches at any depth; `**` matches any number of names. A pattern also covers every field within a
        field that it matches. List indices are ignored.

        Raises:
            InvalidPattern: The text is not a pattern.
        """
        words = text.split()
        if not 1 <= len(words) <= 2 or (len(words) == 2 and "/" not in words[0]):
            raise InvalidPattern(f"Invalid pattern {text!r}; {_PATTERN_FORMS}.")
        events = words.pop(0) if "/" in words[0] else "*"
        names = tuple(re.sub(r"\[[^\]]*\]", "", words[0]).split(".")) if words else ()
        if events.count("/") > 1 or "" in names:
            raise InvalidPattern(f"Invalid pattern {text!r}; {_PATTERN_FORMS}.")
        return cls(text, events, ("**", *names) if len(names) == 1 else names)

    def __str__(self) -> str:
        return self.text

    def matches(self, event: str, names: Names) -> bool:
        """Return whether the pattern matches the field at *names* of the event *event* (`phase/step`)."""
        return fnmatchcase(event, self.events) and _match(self.names, names)

    def covers(self, event: str, names: Names) -> bool:
        """Return whether the pattern matches that field, or a field that contains it."""
        return fnmatchcase(event, self.events) and any(
            _match(self.names, names[:length]) for length in range(len(names) + 1)
        )

    def may_match_within(self, event: str, names: Names) -> bool:
        """Return whether the pattern may match a field within that field."""
        return fnmatchcase(event, self.events) and _may_match(self.names, names)


def _match(pattern: Sequence[str], names: Sequence[str]) -> bool:
    if not pattern:
        return not names
    if pattern[0] == "**":
        return any(_match(pattern[1:], names[skipped:]) for skipped in range(len(names) + 1))
    return bool(names) and fnmatchcase(names[0], pattern[0]) and _match(pattern[1:], names[1:])


def _may_match(pattern: Sequence[str], names: Sequence[str]) -> bool:
    if not names or not pattern:
        return bool(pattern)
    if pattern[0] == "**":
        return True
    return fnmatchcase(names[0], pattern[0]) and _may_match(pattern[1:], names[1:])
