"""A bundle with any change never verifies, and never makes the verifier fail."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.errors import BundleAltered, StoreError
from store.log import EventLog
from tests.store.bundling import exported, files_of, fill, repacked, verification_of


@cache
def bundle() -> bytes:
    """Return a bundle with attachments and redactions."""
    with TemporaryDirectory() as directory, EventLog.open(Path(directory) / "log.db") as log:
        fill(log)
        return exported(log)


def is_valid(data: bytes) -> bool:
    """Return whether a bundle verifies; otherwise it is refused or has a fault, and nothing else ever happens."""
    try:
        return verification_of(data).fault is None
    except StoreError as error:
        message = str(error)
        assert message.endswith(".") and "\n" not in message
        return False


def was_altered(data: bytes) -> bool:
    """Return whether a file is recognised as a bundle, and as altered."""
    try:
        return verification_of(data).fault is not None
    except BundleAltered:
        return True


def test_the_unaltered_bundle_is_valid() -> None:
    assert is_valid(bundle())


def test_every_changed_bit_is_found() -> None:
    """One bit of every byte is changed (in the long FORMAT.md, of every fiftieth); it still counts as a bundle."""
    data = bytearray(bundle())
    text = range(100, len(files_of(bundle())["FORMAT.md"]))
    for at in (at for at in range(len(data)) if at not in text or at % 50 == 0):
        data[at] ^= 1 << at % 8
        assert was_altered(bytes(data)), f"byte {at} can be changed"
        data[at] ^= 1 << at % 8


@settings(max_examples=3 * settings().max_examples)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=5))
def test_bytes_changed_at_random(changes: list[tuple[int, int]]) -> None:
    data = bytearray(bundle())
    for at, change in changes:
        data[at % len(data)] ^= change
    assert is_valid(bytes(data)) == (bytes(data) == bundle())


@settings(max_examples=2 * settings().max_examples)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.binary(max_size=40))
@example(0, 0, b"x")
def test_a_piece_that_is_replaced_by_another(start: int, length: int, put: bytes) -> None:
    data = bundle()
    start %= len(data) + 1
    altered = data[:start] + put + data[start + length % 1000 :]
    assert is_valid(altered) == (altered == data)


@settings(max_examples=3 * settings().max_examples)
@given(st.data())
def test_files_edited_at_random_and_packed_as_a_bundle(data: st.DataObject) -> None:
    """Files are changed, removed, added, renamed and reordered."""
    files = files_of(bundle())
    names = list(files)
    name = data.draw(st.sampled_from(names))
    match data.draw(st.sampled_from(["change", "remove", "add", "rename", "exchange", "repeat lines"])):
        case "change":
            content = bytearray(files[name])
            at = data.draw(st.integers(0, len(content) - 1))
            content[at] ^= data.draw(st.integers(1, 255))
            files[name] = bytes(content)
        case "remove":
            del files[name]
        case "add":
            files[data.draw(st.from_regex(r"(artifacts/[0-9a-f]{64}|[a-z]{1,9})", fullmatch=True))] = b"new"
        case "rename":
            files[name + data.draw(st.sampled_from(["x", ".md", "0"]))] = files.pop(name)
        case "exchange":
            other = data.draw(st.sampled_from(names))
            files[name], files[other] = files[other], files[name]
        case "repeat lines":
            lines = files["events.jsonl"].splitlines(keepends=True)
            chosen = data.draw(st.lists(st.integers(0, len(lines) - 1), max_size=len(lines) + 2))
            files["events.jsonl"] = b"".join(lines[number] for number in chosen)
    altered = repacked(files)
    assert is_valid(altered) == (altered == bundle())


@settings(max_examples=2 * settings().max_examples)
@given(st.binary(max_size=2000), st.sampled_from(["", "PK\3\4", "end"]))
def test_any_bytes_at_all(content: bytes, dressed: str) -> None:
    data = content
    if dressed:
        data = b"PK\3\4" + data
    if dressed == "end":
        data += bundle()[-22:]
    assert not is_valid(data)
