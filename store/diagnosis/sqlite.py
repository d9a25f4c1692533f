"""Looking over a log in an SQLite file, and what stands around the file."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from store.backends.base import Row
from store.backends.sqlite import SqliteDatabase
from store.diagnosis.check import OK, WARNING, WRONG, Check
from store.errors import DatabaseDamaged
from store.guards import SQLITE_GUARDS, compare_guards, plain

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


_MEGA = 1_000_000
_LITTLE_ROOM, _NO_ROOM = 1_000 * _MEGA, 100 * _MEGA
_LONG_WAL = 64 * _MEGA  # sixteen times what is written before SQLite takes it over
_NETWORKED = re.compile(r"nfs\d?|cifs|smb\d|smbfs|afs|ceph|glusterfs|lustre|fuse\.(sshfs|glusterfs|ceph.*)")
_RESTORE = "restore a copy; `veritas verify` shows whether that is as it was recorded"


class SqliteDiagnosis:
    """Looks a log in an SQLite file over; from now on the database is only read."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._path = database.path
        self._writable = not database.read_only
        database.read_only = True  # so that no file is made, and none is taken over when it is closed

    def around(self) -> Iterator[Check]:
        """Look at what can be seen without the log: SQLite, and where the file stands."""
        yield _sqlite()
        place = next(parent for parent in self._path.parents if parent.exists())
        yield _room(place)
        if (kind := _file_system(place)) is not None and _NETWORKED.fullmatch(kind):
            yield Check(
                "file system",
                WRONG,
                f"{str(self._path)!r} stands on a network file system ({kind}), where write-ahead logs do not work",
                "move it to a disk of this machine, or keep the log in PostgreSQL",
            )
        if os.name == "posix":
            yield from self._permissions()

    def database(self) -> Iterator[Check]:
        """Look at the file and its write-ahead log."""
        size = _amount(self._path.stat().st_size)
        where = f"{self._database.address!r} ({size})"
        if self._writable:
            yield Check("database", OK, where)
        else:
            remedy = "make file and directory writable to go on recording"
            yield Check("database", WARNING, f"{where} can be read but not written", remedy)
        (mode,) = self._database.row("PRAGMA journal_mode")
        wal = Path(f"{self._path}-wal")
        length = wal.stat().st_size if wal.exists() else 0
        if mode != "wal":
            finding = f"journal mode {mode}, in which readers and the writer wait for each other"
            yield Check("journal", WARNING, finding, "record an audit: that switches to write-ahead logging")
        elif length > _LONG_WAL:
            finding = f"{_amount(length)} of the write-ahead log are not taken over, for some program goes on reading"
            yield Check("journal", WARNING, finding, "close the programs that have the log open")
        else:
            yield Check("journal", OK, f"write-ahead log, {_amount(length)} of it")

    def integrity(self) -> Iterator[Check]:
        """Have SQLite look at every page, every index and every reference."""
        try:
            faults = [str(row[0]) for row in self._rows("PRAGMA integrity_check(100)")]
            orphans = len(self._rows("PRAGMA foreign_key_check"))
        except DatabaseDamaged as damage:
            yield Check("integrity", WRONG, Check.of("integrity", WRONG, damage).finding, self._remedy())
            return
        if faults != ["ok"]:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            yield Check("integrity", WRONG, f"the file is damaged: {faults[0].splitlines()[-1]}{more}", self._remedy())
            return
        yield Check("integrity", OK, "every page and every index is sound")
        if orphans:
            yield Check("references", WRONG, f"{orphans} events name an attachment that is not there", self._remedy())
        else:
            yield Check("references", OK, "every attachment that an event names is there")

    def guards(self) -> Iterator[Check]:
        """Compare the triggers that keep the log append-only with those that are declared."""
        triggers = self._rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = {name: plain(sql) for name, sql in triggers}
        declared = {_trigger_in(guard): plain(guard) for guard in SQLITE_GUARDS}
        yield compare_guards(declared, found)

    def _permissions(self) -> Iterator[Check]:
        directory = self._path.parent
        if not self._path.exists():
            return
        mode = self._path.stat().st_mode
        shown = f"{str(self._path)!r} has mode {stat.S_IMODE(mode):04o}"
        if mode & stat.S_IWOTH:
            yield Check("permissions", WRONG, f"{shown}: everyone can write to it", f"chmod o-w {str(self._path)!r}")
        elif (around := directory.stat().st_mode) & stat.S_IWOTH and not around & stat.S_ISVTX:
            finding = f"everyone can put another file in its place, for all may write to {str(directory)!r}"
            yield Check("permissions", WRONG, finding, f"chmod o-w {str(directory)!r}")
        elif mode & stat.S_IWGRP:
            finding = f"{shown}: its group can write to it"
            yield Check("permissions", WARNING, finding, f"chmod g-w {str(self._path)!r}, unless that is meant")
        else:
            yield Check("permissions", OK, f"{shown}: nobody but its owner can write to it")

    def _rows(self, query: str) -> list[Row]:
        with self._database.reading() as cursor:
            cursor.execute(query)
            return cast(list[Row], cursor.fetchall())

    def _remedy(self) -> str:
        copies = self._database.copies()
        return f"{_RESTORE}: the newest is {str(copies[-1])!r}" if copies else _RESTORE


def _sqlite() -> Check:
    with closing(sqlite3.connect(":memory:")) as connection:
        options = {option for (option,) in connection.execute("PRAGMA compile_options")}
        try:
            connection.execute("SELECT json_valid('{}')")
        except sqlite3.OperationalError:
            finding = f"SQLite {sqlite3.sqlite_version} was built without JSON, which the log's guards need"
            return Check("sqlite", WRONG, finding, "use a Python with a newer SQLite")
    flaws = flaws_of(sqlite3.sqlite_version_info, options)
    if not flaws:
        return Check("sqlite", OK, f"SQLite {sqlite3.sqlite_version}, with no known fault that matters here")
    mended = max(flaw.mended[0] for flaw in flaws)
    return Check(
        "sqlite",
        WARNING,
        f"SQLite {sqlite3.sqlite_version} {' and '.join(flaw.what for flaw in flaws)}, unless it was mended since",
        f"use a Python with SQLite {'.'.join(map(str, mended))} or newer, and make copies with `veritas db backup`",
    )


def _room(place: Path) -> Check:
    free = shutil.disk_usage(place).free
    finding = f"{_amount(free)} are free at {str(place)!r}"
    if free >= _LITTLE_ROOM:
        return Check("room", OK, finding)
    return Check("room", WRONG if free < _NO_ROOM else WARNING, finding, "free some space, or move the log")


def _file_system(place: Path) -> str | None:
    """Return the kind of file system that a directory is on; None where that cannot be told."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    except OSError:
        return None
    resolved = place.resolve()
    around = [mount for mount in mounts if resolved.is_relative_to(mount[1].replace("\\040", " "))]
    return max(around, key=lambda mount: len(mount[1]))[2] if around else None


def _trigger_in(statement: str) -> str:
    return statement.split()[2]


def _amount(size: int) -> str:
    return f"{size / _MEGA:.1f} MB" if size < 1_000 * _MEGA else f"{size / _MEGA / 1_000:,.1f} GB"
