"""A file that is not a bundle, or a hostile one, is refused in one sentence, whatever it claims or hides."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.bundle import format as bundle_format
from store.bundle import zip as bundle_zip
from store.bundle.reader import Bundle
from store.bundle.zip import ZipReader, ZipWriter
from store.errors import BundleAltered, BundleTooLarge, BundleUnreadable, StoreError
from store.log import EventLog
from tests.store.bundling import edited, exported, files_of, fill, repacked, verification_of

_LONG = 200  # characters of a sentence, without the file's name


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a bundle with attachments and redactions."""
    with EventLog.open(tmp_path_factory.mktemp("log") / "log.db") as log:
        fill(log)
        return exported(log)


def refusal(data: bytes) -> str:
    """Return the sentence with which a file is refused."""
    with pytest.raises(StoreError) as caught:
        verification_of(data)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message and len(message) < 2 * _LONG
    return message


def ordinary_zip(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return these files as an ordinary program packs them."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def end_of(data: bytes) -> list[int]:
    """Return the fields of the end record, after its signature."""
    return list(struct.unpack("<HHHHIIH", data[-18:]))


def with_end(data: bytes, **changes: int) -> bytes:
    names = ("disk", "start", "here", "number", "length", "offset", "comment")
    fields = dict(zip(names, end_of(data), strict=True)) | changes
    return data[:-18] + struct.pack("<HHHHIIH", *fields.values())


def in_headers(data: bytes, offset_in_local: int, offset_in_central: int, form: str, value: int) -> bytes:
    """Return the zip with a field of its first file changed in both headers."""
    changed = bytearray(data)
    struct.pack_into(form, changed, offset_in_local, value)
    struct.pack_into(form, changed, end_of(data)[5] + offset_in_central, value)
    return bytes(changed)


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda data: b"", "does not begin as a zip file does"),
    "another file": (lambda data: b"%PDF-1.7" + data, "does not begin as a zip file does"),
    "text": (lambda data: b"hello " * 20, "does not begin as a zip file does"),
    "an empty zip": (lambda data: data[-22:-18] + bytes(18), "does not begin as a zip file does"),
    "cut off": (lambda data: data[:-1], "its end is missing"),
    "half": (lambda data: data[: len(data) // 2], "its end is missing"),
    "something behind it": (lambda data: data + b"x", "its end is missing, or other bytes follow it"),
    "a comment": (lambda data: with_end(data, comment=3) + b"abc", "its end is missing, or other bytes follow it"),
    "something before it": (lambda data: b"PK\3\4" + data, "in a wrong place"),
    "a gap before the directory": (
        lambda data: data[: end_of(data)[5]] + b"gap" + with_end(data, offset=end_of(data)[5] + 3)[end_of(data)[5] :],
        "there are bytes between",
    ),
    "packed again": (
        lambda data: ordinary_zip(files_of(data)),
        "not a regular file|not a valid name|do not have|in a wrong place",
    ),
    "compressed": (lambda data: ordinary_zip(files_of(data), zipfile.ZIP_DEFLATED), "compressed"),
    "a bomb": (lambda data: ordinary_zip({"FORMAT.md": bytes(50_000_000)}, zipfile.ZIP_DEFLATED), "compressed"),
    "encrypted": (lambda data: in_headers(data, 6, 8, "<H", 1), "encrypted"),
    "a flag for UTF-8 names": (lambda data: in_headers(data, 6, 8, "<H", 0x800), "not a regular file"),
    "a symbolic link": (
        lambda data: in_headers(data, 0, 38, "<I", 0o120777 << 16),
        "not a regular file|does not begin",
    ),
    "more files than there are": (lambda data: with_end(data, here=9, number=9), "damaged"),
    "65,535 files": (lambda data: with_end(data, here=65_535, number=65_535), "damaged"),
    "fewer files than there are": (
        lambda data: with_end(data, here=1, number=1),
        "has a wrong length|belong to neither",
    ),
    "another disk": (lambda data: with_end(data, disk=1), "its end record does not have"),
    "Zip64": (lambda data: with_end(data, offset=0xFFFF_FFFF), "in a wrong place"),
    "a directory that is too long": (lambda data: with_end(data, length=end_of(data)[4] + 1), "in a wrong place"),
    "a file that is longer than there is room": (
        lambda data: in_headers(in_headers(data, 18, 20, "<I", 2**31), 22, 24, "<I", 2**31),
        "reaches beyond the space for files",
    ),
    "one file over another": (
        lambda data: in_headers(in_headers(data, 18, 20, "<I", 1), 22, 24, "<I", 1),
        "in a wrong place",
    ),
    "headers that differ": (lambda data: data[:14] + b"abcd" + data[18:], "does not match the directory"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_an_invalid_bundle_is_refused_in_one_sentence(bundle: bytes, kind: str) -> None:
    """An altered bundle is distinguished from a file that never was one."""
    make, expected = HOSTILE[kind]
    with pytest.raises(
        BundleUnreadable if kind in ("nothing", "text", "an empty zip") else BundleAltered, match=expected
    ):
        verification_of(make(bundle))
    refusal(make(bundle))


@pytest.mark.parametrize(
    "name",
    [
        *("../../etc/passwd", "/etc/passwd", "artifacts/../../x", "artifacts/..", "C:\\x", "a\0b", "\u202egnp.exe", ""),
        *("artifacts/" + "A" * 64, "artifacts/" + "0" * 63, "artifacts/", "manifest.json ", "x" * 199, "x" * 5000),
        *("MANIFEST.JSON", "run.sh", "artifacts"),
    ],
)
def test_a_file_that_no_bundle_has_is_refused(bundle: bytes, name: str) -> None:
    """It is refused wherever it would be unpacked to."""
    files = {"FORMAT.md": b"", **files_of(bundle)}
    for place in (0, 3, len(files)):
        named = list(files.items())
        named.insert(place, (name, b"hostile"))
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for filename, data in named:
                info = zipfile.ZipInfo()
                info.filename = filename
                info.external_attr = 0o100644 << 16
                archive.writestr(info, data)
        refusal(file.getvalue())
        if name.isascii() and "\0" not in name:
            refusal(repacked(dict(named)))


def test_two_files_with_one_name_are_refused(bundle: bytes) -> None:
    files = files_of(bundle)
    one = repacked({"FORMAT.md": files["FORMAT.md"]})
    header, entry = one[: end_of(one)[5]], one[end_of(one)[5] : -22]
    second = bytearray(entry)
    struct.pack_into("<I", second, 42, len(header))
    directory = entry + bytes(second)
    end = struct.pack("<HHHHIIH", 0, 0, 2, 2, len(directory), 2 * len(header), 0)
    assert "two files named 'FORMAT.md'" in refusal(header * 2 + directory + b"PK\5\6" + end)


@pytest.mark.parametrize("missing", ["FORMAT.md", "checkpoint", "events.jsonl", "report.html", "manifest.json"])
def test_a_bundle_without_one_of_its_files_is_refused(bundle: bytes, missing: str) -> None:
    refusal(edited(bundle, lambda files: files.pop(missing)))


def test_files_in_another_order_are_refused(bundle: bytes) -> None:
    refusal(repacked(dict(reversed(files_of(bundle).items()))))


JSON_BOMBS = {
    "deep arrays": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000,
    "a number without end": b'{"position":' + b"9" * 1_000_000,
    "a name twice": b'{"position":1,"position":2}',
    "NaN": b'{"position":NaN}',
    "not UTF-8": b'{"run_id":"\xff"}',
    "a lone surrogate": b'{"run_id":"\\ud800"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "another type": b'{"position":"1"}',
    "null": b"null",
    "nothing": b"",
    "many empty arrays": b"[" + b"[]," * 500_000 + b"[]]",
}


@pytest.mark.parametrize("kind", JSON_BOMBS)
@pytest.mark.parametrize("place", ["manifest.json", "events.jsonl", "checkpoint"])
def test_a_json_bomb_is_refused_with_bounded_memory(bundle: bytes, kind: str, place: str) -> None:
    hostile = edited(bundle, lambda files: files.update({place: JSON_BOMBS[kind] + b"\n"}))
    tracemalloc.start()
    try:
        try:
            assert verification_of(hostile).fault is not None
        except StoreError:
            refusal(hostile)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000 + 8 * len(JSON_BOMBS[kind])
    finally:
        tracemalloc.stop()


def test_an_endless_line_is_refused(bundle: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.bundle.reader.LONGEST_LINE", 1_000_000)
    hostile = edited(bundle, lambda files: files.update({"events.jsonl": b" " * 2_000_000}))
    assert "longer than any event" in refusal(hostile)


def test_an_endless_manifest_or_checkpoint_is_refused(bundle: bytes) -> None:
    endless = b" " * (bundle_format.LARGEST_MANIFEST + 1)
    for name in ("manifest.json", "checkpoint"):
        hostile = edited(bundle, lambda files, name=name: files.update({name: endless}))
        assert f"its file {name!r} has" in refusal(hostile)


def test_a_bundle_that_exceeds_a_zips_limits_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both limits, of bytes and of files, are checked with small ones."""
    monkeypatch.setattr(bundle_zip, "LARGEST_BYTES", 10_000)
    with (tmp_path / "x.zip").open("xb") as file, pytest.raises(BundleTooLarge, match="one by one"):
        ZipWriter(file).add("FORMAT.md", (bytes(100) for _ in range(1000)))
    monkeypatch.undo()
    monkeypatch.setattr(bundle_zip, "MOST_FILES", 3)
    with (tmp_path / "y.zip").open("xb") as file, pytest.raises(BundleTooLarge, match="one by one"):
        writer = ZipWriter(file)
        for number in range(4):
            writer.add(f"{number}", [b""])


def test_a_file_that_is_shortened_while_it_is_read_is_refused(bundle: bytes) -> None:
    file = io.BytesIO(bundle)
    opened = Bundle(file, name="x.veritas.zip")
    file.truncate(len(bundle) // 2)
    with pytest.raises(BundleAltered, match="was shortened"):
        list(opened.lines())
        list(opened.zip.chunks(opened.zip.members["report.html"]))


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?", fullmatch=True), st.binary(max_size=300), max_size=8))
def test_a_written_zip_is_read_back(files: dict[str, bytes]) -> None:
    """The bytes follow FORMAT.md: another program that follows it writes the same."""
    file = io.BytesIO()
    writer = ZipWriter(file)
    for name, data in files.items():
        writer.add(name, iter([data[:7], data[7:]]))
    writer.close()
    assert file.getvalue() == repacked(files)
    if files:
        reader = ZipReader(file, name="x")
        assert {name: b"".join(reader.chunks(member)) for name, member in reader.members.items()} == files
