"""Faults in released versions of SQLite that can damage a log, from <https://sqlite.org/howtocorrupt.html>, section 8.

Those that ended before 3.7.15, the oldest that this Python works with, are left out, and so are those that need
something that a log does not do (VACUUM between changes of the journal mode, indexes on expressions).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

Version = tuple[int, int, int]

_IN_MEMORY = frozenset({"TEMP_STORE=2", "TEMP_STORE=3"})


@dataclass(frozen=True, slots=True)
class Flaw:
    """One fault.

    Attributes:
        what: What it does.
        since: The first version that has it.
        mended: The first version that has it no more, and those of older branches that have it no more either.
        only_with: Options of which one must have been compiled in; none where that does not matter.
    """

    what: str
    since: Version
    mended: tuple[Version, ...]
    only_with: frozenset[str] = frozenset()

    def is_in(self, version: Version, options: Collection[str]) -> bool:
        """Tell whether a version that was compiled with *options* has it."""
        if version < self.since or version >= self.mended[0]:
            return False
        if any(version[:2] == mended[:2] and version >= mended for mended in self.mended[1:]):
            return False
        return not self.only_with or not self.only_with.isdisjoint(options)


FLAWS = (
    Flaw(
        "can, very rarely, damage a write-ahead log that two connections take over at once (the WAL-reset bug)",
        since=(3, 7, 0),
        mended=((3, 51, 3), (3, 50, 7), (3, 44, 6)),
    ),
    Flaw(
        "can damage a file when a statement is rolled back whose journal is kept in memory",
        since=(3, 35, 0),
        mended=((3, 37, 2),),
        only_with=_IN_MEMORY,
    ),
)


def flaws_of(version: Version, options: Collection[str]) -> list[Flaw]:
    """Return the faults that a version has."""
    return [flaw for flaw in FLAWS if flaw.is_in(version, options)]
