"""A file is written whole or not at all, and replaces another only if it may; a temporary directory is removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from veritas.errors import UsageError
from veritas.files import atomic_file


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "made"
    with atomic_file(target, force=False) as file:
        file.write(b"all of it")
        assert not target.exists()
    assert target.read_bytes() == b"all of it"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_failure_leaves_no_file_and_keeps_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "made"
    target.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), atomic_file(target, force=True) as file:
        file.write(b"half of it")
        raise ZeroDivisionError
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_an_existing_file_is_replaced_only_with_force(tmp_path: Path) -> None:
    target = tmp_path / "made"
    target.write_bytes(b"before")
    with pytest.raises(UsageError, match="already exists"), atomic_file(target, force=False):
        pass
    with atomic_file(target, force=True) as file:
        file.write(b"after")
    assert target.read_bytes() == b"after"


@pytest.mark.parametrize("place", ["/dev/null", "."])
def test_only_a_regular_file_is_replaced(place: str) -> None:
    with pytest.raises(UsageError, match="is not a regular file"), atomic_file(Path(place), force=True):
        pass


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    absent = tmp_path / "nowhere"
    with pytest.raises(UsageError, match="There is no directory"), atomic_file(absent / "made", force=False):
        pass


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "x"
    with pytest.raises(UsageError, match="already exists"), atomic_file(target, force=False) as file:
        file.write(b"ours")
        target.write_bytes(b"theirs")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert target.read_bytes() == b"theirs"
