"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from veritas.errors import UsageError

_LEFTOVER = re.compile(r"\.(?P<name>.+)\.(?P<token>[0-9a-f]{8})\.(?P<state>unfinished|replaced)", re.DOTALL)


@contextmanager
def atomic_file(target: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Give a file to write, which gets the name *target* when the block ends and is removed if the block fails.

    What a process that was killed left of the same name is removed first.

    Args:
        target: The file's name.
        force: Whether an existing file may be replaced.

    Raises:
        UsageError: The file exists, or cannot be created.
    """
    if target.exists() and not target.is_file():
        raise UsageError(f"{str(target)!r} is not a regular file; give another name.")
    if target.exists() and not force:
        raise _already_exists(target)
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {str(target.parent)!r}; make it, or give another name.")
    remove_leftovers(target.parent, re.compile(re.escape(target.name)))
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}.unfinished")
    try:
        with _begin(unfinished) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if sys.platform == "win32":
                file.close()  # an open file cannot be renamed there
            if force:
                unfinished.replace(target)
            elif not rename_exclusive(unfinished, target):
                raise _already_exists(target)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def atomic_directory(target: Path, *, force: bool, replaceable: re.Pattern[str]) -> Iterator[Path]:
    """Give a new directory, which gets the name *target* when the block ends and is removed if the block fails.

    What a process that was killed left of the same name is removed first, or restored.

    Args:
        target: The directory's name.
        force: Whether an existing directory may be replaced.
        replaceable: Matches the path of each file in a directory that may be replaced; one with any other file is not.

    Raises:
        UsageError: The directory exists, or cannot be created.
    """
    if target.parent.is_dir():
        remove_leftovers(target.parent, re.compile(re.escape(target.name)))
    if target.exists():
        if not force:
            raise _already_exists(target)
        if not target.is_dir() or not all(map(replaceable.fullmatch, _files_in(target))):
            raise UsageError(f"{str(target)!r} has other files than an export; give another name.")
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {str(target.parent)!r}; make it, or give another name.")
    unfinished, replaced = (
        target.with_name(f".{target.name}.{secrets.token_hex(4)}.{state}") for state in ("unfinished", "replaced")
    )
    try:
        with _begin_directory(unfinished):
            yield unfinished
            _sync_tree(unfinished)
            if force and target.exists():
                target.rename(replaced)
            try:
                renamed = rename_exclusive(unfinished, target)
            except BaseException:
                if replaced.exists() and not target.exists():
                    replaced.rename(target)
                raise
        shutil.rmtree(replaced, ignore_errors=True)
        if not renamed:
            raise _already_exists(target)
        sync_directory(target.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def remove_leftovers(directory: Path, names: re.Pattern[str]) -> None:
    """Remove what killed processes left unfinished, and restore a directory that one of them was replacing.

    Those of a process that still writes are kept, and so are those that belong to another user. On Windows nothing is
    removed, because a directory cannot be locked there.

    Args:
        directory: Where to look.
        names: Matches the names that the files and directories were to get.
    """
    if sys.platform == "win32":
        return
    with _locked(directory):
        found = [(path, match) for path in directory.iterdir() if (match := _LEFTOVER.fullmatch(path.name))]
        ours = [(path, match) for path, match in found if names.fullmatch(match["name"]) and not path.is_symlink()]
        alive = {match["token"] for path, match in ours if match["state"] == "unfinished" and _is_locked(path)}
        for path, match in ours:
            if match["token"] in alive:
                continue
            if match["state"] == "replaced" and not (target := path.with_name(match["name"])).exists():
                path.rename(target)
            elif path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(PermissionError):
                    path.unlink(missing_ok=True)


def rename_exclusive(source: Path, target: Path) -> bool:
    """Rename a file unless *target* exists; return whether it was renamed.

    A hard link would not replace an existing file either, but not every file system has hard links.
    """
    if sys.platform == "win32":
        try:
            source.rename(target)  # on Windows this never replaces a file
        except FileExistsError:
            return False
        return True
    with _locked(target.parent):
        if target.exists():
            return False
        source.rename(target)
        return True


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Let no other process create or rename what this module creates in a directory; on Windows it locks nothing."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # released when the directory is closed
        yield
    finally:
        os.close(descriptor)


def _begin(unfinished: Path) -> BinaryIO:
    """Return a new file, locked until it is closed: so another process knows that it is being written."""
    with _locked(unfinished.parent):
        file = unfinished.open("xb")
        if sys.platform != "win32":  # there a lock would keep even this process from the first byte
            try_lock(file.fileno())
        return file


@contextmanager
def _begin_directory(unfinished: Path) -> Iterator[None]:
    """Make a directory, which is locked until the block ends."""
    if sys.platform == "win32":
        unfinished.mkdir()
        yield
        return
    with _locked(unfinished.parent):
        unfinished.mkdir()
        descriptor = os.open(unfinished, os.O_RDONLY)
        try_lock(descriptor)
    try:
        yield
    finally:
        os.close(descriptor)


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # which does not wait for the writer of a FIFO
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a power loss; on Windows the file system does that itself."""
    if os.name == "posix":
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def exclusive_lock(path: Path) -> Iterator[bool]:
    """Lock the file *path*, which is created if it does not exist; give False if another process has locked it.

    The system releases the lock when the process ends, however it ends.
    """
    with path.open("ab") as file:
        yield try_lock(file.fileno())


def try_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed; return False if another process, or another descriptor, has locked it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _files_in(directory: Path) -> Iterator[str]:
    """Yield the path of everything in a directory that is not a directory itself, relative to it and with slashes."""
    for path in directory.rglob("*"):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(directory).as_posix()


def _sync_tree(directory: Path) -> None:
    """Make the files and the directories in a directory, and itself, survive a power loss."""
    for root, _, names in os.walk(directory):
        for name in names:
            with (Path(root) / name).open("rb+") as file:
                os.fsync(file.fileno())
        sync_directory(Path(root))


def _already_exists(target: Path) -> UsageError:
    return UsageError(f"{str(target)!r} already exists; give another name, or --force to replace it.")
