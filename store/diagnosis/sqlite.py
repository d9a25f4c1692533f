"""SqliteDiagnosis: examine a log in an SQLite file, the file's directory, and the version of SQLite."""

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

Version = tuple[int, int, int]

_MEGA = 1_000_000
_LITTLE_SPACE, _NO_SPACE = 1_000 * _MEGA, 100 * _MEGA
_LONG_WAL = 64 * _MEGA  # sixteen times the length at which SQLite checkpoints it
_NETWORKED = re.compile(r"nfs\d?|cifs|smb\d|smbfs|afs|ceph|glusterfs|lustre|fuse\.(sshfs|glusterfs|ceph.*)")
_RESTORE = "restore a copy; `veritas verify` shows whether the copy is as it was recorded"
_IN_MEMORY = frozenset({"TEMP_STORE=2", "TEMP_STORE=3"})


@dataclass(frozen=True, slots=True)
class KnownBug:
    """A bug of SQLite that matters here.

    Attributes:
        effect: The effect, as a clause whose subject is SQLite.
        since: The first version with the bug.
        fixed: The first version without the bug, and then the versions in which older branches were fixed.
        only_with: Compile options; the bug needs one of them. Empty if it needs none.
    """

    effect: str
    since: Version
    fixed: tuple[Version, ...]
    only_with: frozenset[str] = frozenset()

    def is_in(self, version: Version, options: Collection[str]) -> bool:
        """Return whether a version that was compiled with *options* has the bug."""
        if version < self.since or version >= self.fixed[0]:
            return False
        if any(version[:2] == fixed[:2] and version >= fixed for fixed in self.fixed[1:]):
            return False
        return not self.only_with or not self.only_with.isdisjoint(options)


# From <https://sqlite.org/howtocorrupt.html>, section 8. Bugs that were fixed before 3.7.15, the oldest version that
# this Python works with, are left out, and so are those that need something that a log does not do (VACUUM between
# changes of the journal mode, indexes on expressions).
KNOWN_BUGS = (
    KnownBug(
        "can, very rarely, damage a write-ahead log that two connections checkpoint at once (the WAL-reset bug)",
        since=(3, 7, 0),
        fixed=((3, 51, 3), (3, 50, 7), (3, 44, 6)),
    ),
    KnownBug(
        "can damage a file when it rolls back a statement whose journal is kept in memory",
        since=(3, 35, 0),
        fixed=((3, 37, 2),),
        only_with=_IN_MEMORY,
    ),
)


class SqliteDiagnosis:
    """Examines a log in an SQLite file; after that, the database object can only read."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._path = database.path
        self._writable = not database.read_only
        database.only_read()  # so that no file is created, and closing does not checkpoint the write-ahead log

    def environment(self) -> Iterator[Check]:
        """Check SQLite, the file system and the permissions."""
        yield _sqlite()
        place = next(parent for parent in self._path.parents if parent.exists())
        yield _space(place)
        if (kind := _file_system(place)) is not None and _NETWORKED.fullmatch(kind):
            yield Check(
                "file system",
                WRONG,
                f"{str(self._path)!r} is on a network file system ({kind}), where write-ahead logs do not work",
                "move it to a disk of this machine, or keep the log in PostgreSQL",
            )
        if os.name == "posix":
            yield from self._permissions()

    def database(self) -> Iterator[Check]:
        """Check the file and its write-ahead log."""
        size = _amount(self._path.stat().st_size)
        where = f"{self._database.address!r} ({size})"
        if self._writable:
            yield Check("database", OK, where)
        else:
            remedy = "make file and directory writable to continue recording"
            yield Check("database", WARNING, f"{where} can be read but not written", remedy)
        (mode,) = self._database.row("PRAGMA journal_mode")
        wal = Path(f"{self._path}-wal")
        length = wal.stat().st_size if wal.exists() else 0
        if mode != "wal":
            finding = f"journal mode {mode}, in which readers and the writer wait for each other"
            yield Check("journal", WARNING, finding, "record an audit: that switches to write-ahead logging")
        elif length > _LONG_WAL:
            finding = f"the write-ahead log has grown to {_amount(length)}, because a program keeps reading the log"
            yield Check("journal", WARNING, finding, "close the programs that have the log open")
        else:
            finding = f"the write-ahead log has {_amount(length)}" if length else "the write-ahead log is empty"
            yield Check("journal", OK, finding)

    def integrity(self) -> Iterator[Check]:
        """Have SQLite check every page, every index and every reference."""
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
        yield Check("integrity", OK, "every page and every index is undamaged")
        if orphans:
            yield Check("references", WRONG, f"{orphans} events name an attachment that is missing", self._remedy())
        else:
            yield Check("references", OK, "every attachment that an event names is there")

    def _permissions(self) -> Iterator[Check]:
        directory = self._path.parent
        if not self._path.exists():
            return
        mode = self._path.stat().st_mode
        file = f"{str(self._path)!r} has mode {stat.S_IMODE(mode):04o}"
        if mode & stat.S_IWOTH:
            yield Check("permissions", WRONG, f"{file}: every user can write to it", f"chmod o-w {str(self._path)!r}")
        elif (directory_mode := directory.stat().st_mode) & stat.S_IWOTH and not directory_mode & stat.S_ISVTX:
            finding = f"every user can replace the file, because every user can write to {str(directory)!r}"
            yield Check("permissions", WRONG, finding, f"chmod o-w {str(directory)!r}")
        elif mode & stat.S_IWGRP:
            finding = f"{file}: its group can write to it"
            yield Check("permissions", WARNING, finding, f"chmod g-w {str(self._path)!r}, unless that is intended")
        else:
            yield Check("permissions", OK, f"{file}: only its owner can write to it")

    def _rows(self, query: str) -> list[Row]:
        with self._database.reading() as cursor:
            cursor.execute(query)
            return cast(list[Row], cursor.fetchall())

    def _remedy(self) -> str:
        copies = self._database.copies()
        return f"{_RESTORE}: the newest is {str(copies[-1])!r}" if copies else _RESTORE


def bugs_of(version: Version, options: Collection[str]) -> list[KnownBug]:
    """Return the known bugs of a version that was compiled with *options*."""
    return [bug for bug in KNOWN_BUGS if bug.is_in(version, options)]


def _sqlite() -> Check:
    with closing(sqlite3.connect(":memory:")) as connection:
        options = {option for (option,) in connection.execute("PRAGMA compile_options")}
        try:
            connection.execute("SELECT json_valid('{}')")
        except sqlite3.OperationalError:
            finding = f"SQLite {sqlite3.sqlite_version} was built without JSON, which the log's guards need"
            return Check("sqlite", WRONG, finding, "use a Python with a newer SQLite")
    bugs = bugs_of(sqlite3.sqlite_version_info, options)
    if not bugs:
        return Check("sqlite", OK, f"SQLite {sqlite3.sqlite_version}, without known bugs that matter here")
    fixed = max(bug.fixed[0] for bug in bugs)
    return Check(
        "sqlite",
        WARNING,
        f"SQLite {sqlite3.sqlite_version} {' and '.join(bug.effect for bug in bugs)}, unless its distributor fixed it",
        f"use a Python with SQLite {'.'.join(map(str, fixed))} or newer, and make copies with `veritas db backup`",
    )


def _space(place: Path) -> Check:
    free = shutil.disk_usage(place).free
    finding = f"{_amount(free)} free in {str(place)!r}"
    if free >= _LITTLE_SPACE:
        return Check("disk space", OK, finding)
    return Check("disk space", WRONG if free < _NO_SPACE else WARNING, finding, "free some space, or move the log")


def _file_system(place: Path) -> str | None:
    """Return the kind of file system of a directory; None if it is unknown."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    except OSError:
        return None
    resolved = place.resolve()
    enclosing = [mount for mount in mounts if resolved.is_relative_to(mount[1].replace("\\040", " "))]
    return max(enclosing, key=lambda mount: len(mount[1]))[2] if enclosing else None


def _amount(size: int) -> str:
    return f"{size / _MEGA:.1f} MB" if size < 1_000 * _MEGA else f"{size / _MEGA / 1_000:,.1f} GB"
