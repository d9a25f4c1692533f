"""Where in an event a value stands, and patterns of such places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from veritas.errors import BadPattern

_PLAIN_NAME = re.compile(r"[^\s.\[\]*?]+\Z")


@dataclass(frozen=True, slots=True)
class Index:
    """The place of a list's item on either side; None on the side that does not have it."""

    a: int | None
    b: int | None

    def __str__(self) -> str:
        """Write `[3]`, or `[3>4]` where the item stands elsewhere on the other side."""
        if None in (self.a, self.b) or self.a == self.b:
            return f"[{self.b if self.a is None else self.a}]"
        return f"[{self.a}>{self.b}]"

    def reversed(self) -> Index:
        """Return the same with the sides exchanged."""
        return Index(self.b, self.a)


Path = tuple[str | Index, ...]
Names = tuple[str, ...]  # a path without the places in lists, which is what patterns are held against


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
    """Return the path as it is called when the sides are exchanged."""
    return tuple(step.reversed() if isinstance(step, Index) else step for step in path)


def names_of(path: Path) -> Names:
    """Return a path's names alone."""
    return tuple(step for step in path if isinstance(step, str))


@dataclass(frozen=True)
class Pattern:
    """Which fields of which events: `judge/done summary.trust_score`, `summary.pages.timing`, `timestamp`, `scout/*`.

    Attributes:
        text: As it was written.
        events: What `phase/step` has to match; `*` where that is left open.
        names: What the names of a path have to match, one by one; empty for an event as a whole.
    """

    text: str
    events: str
    names: Names

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read a pattern: `PHASE/STEP`, `FIELD.FIELD…` or both with a space between; `*` and `?` as in file names.

        A single name stands for it at any depth; `**` for any number of names; whatever lies within what a pattern
        names belongs to it. Places in lists are left out.

        Raises:
            BadPattern: It is none.
        """
        words = text.split()
        if not 1 <= len(words) <= 2 or (len(words) == 2 and "/" not in words[0]):
            raise BadPattern(f"{text!r} names no field; write FIELD.FIELD, PHASE/STEP or 'PHASE/STEP FIELD.FIELD'.")
        events = words.pop(0) if "/" in words[0] else "*"
        names = tuple(re.sub(r"\[[^\]]*\]", "", words[0]).split(".")) if words else ()
        if events.count("/") > 1 or "" in names:
            raise BadPattern(f"{text!r} names no field; write FIELD.FIELD, PHASE/STEP or 'PHASE/STEP FIELD.FIELD'.")
        return cls(text, events, ("**", *names) if len(names) == 1 else names)

    def __str__(self) -> str:
        """Write it as it was written."""
        return self.text

    def names_exactly(self, event: str, names: Names) -> bool:
        """Whether the field at *names* of an event, which is called `phase/step`, is one that the pattern names."""
        return fnmatchcase(event, self.events) and _match(self.names, names)

    def covers(self, event: str, names: Names) -> bool:
        """Whether that field is one that the pattern names, or lies within one."""
        return fnmatchcase(event, self.events) and any(
            _match(self.names, names[:length]) for length in range(len(names) + 1)
        )

    def reaches_into(self, event: str, names: Names) -> bool:
        """Whether something within the field at *names* may be what the pattern names."""
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
