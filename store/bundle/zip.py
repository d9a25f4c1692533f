"""Write and read a zip file in the one form that a bundle has.

Every file is stored without compression, so that reading it needs only as much space as the file has. The files
follow each other from the first byte on; then come the central directory and its end record, which is the last thing in
the file. Names are ASCII, times are the earliest possible in a zip, and there are no extra fields, comments, flags,
data descriptors or Zip64 fields. So names and contents determine every byte, and the reader refuses any other file
without reading further. Such a file counts as an altered bundle if it begins or ends with the names of a bundle's
files, and otherwise as something else.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO
from zlib import crc32

from store.bundle.format import FORMAT, MANIFEST, REPORT
from store.errors import BundleAltered, BundleTooLarge, BundleUnreadable, StoreError

MOST_FILES = 65_535
LARGEST_BYTES = 0xFFFF_FFFE  # of the whole; one more means "see Zip64"

_CHUNK = 1 << 18
_LONGEST_NAME = 80
_NAME = re.compile(rb"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_MADE_BY, _NEEDED = 0x0314, 10  # Unix, for the file modes, and zip 2.0; needed to extract: zip 1.0
_DATE = (1 << 5) | 1  # 1 January 1980
_MODE = 0o100644 << 16
_EDGE = 4096  # bytes at the end, which contain the names of a bundle's last files


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the zip.

    Attributes:
        name: Its name.
        size: How many bytes it has.
        crc: Their CRC-32.
        offset: Where its header begins.
    """

    name: str
    size: int
    crc: int
    offset: int

    @property
    def start(self) -> int:
        """The offset of its first byte."""
        return self.offset + _LOCAL.size + len(self.name)

    @property
    def end(self) -> int:
        """The offset after its last byte."""
        return self.start + self.size

    def local_header(self) -> bytes:
        """Return its local header, which precedes its bytes."""
        fields = (_NEEDED, 0, 0, 0, _DATE, self.crc, self.size, self.size, len(self.name), 0)
        return _LOCAL.pack(_LOCAL_MARK, *fields) + self.name.encode("ascii")

    def central_header(self) -> bytes:
        """Return its entry in the central directory."""
        sizes = (self.crc, self.size, self.size, len(self.name))
        fields = (_MADE_BY, _NEEDED, 0, 0, 0, _DATE, *sizes, 0, 0, 0, 0, _MODE, self.offset)
        return _CENTRAL.pack(_CENTRAL_MARK, *fields) + self.name.encode("ascii")


class ZipWriter:
    """Writes a zip to *file*, which must be empty and seekable; no file of the zip is held in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._members: list[Member] = []

    def add(self, name: str, chunks: Iterable[bytes]) -> tuple[Member, bytes]:
        """Add a file, and return it with its SHA-256.

        Raises:
            BundleTooLarge: The zip would become too large.
        """
        offset = self._file.tell()
        self._file.write(Member(name, 0, 0, offset).local_header())
        size, crc, digest = 0, 0, sha256()
        for chunk in chunks:
            size += len(chunk)
            self._require_room(offset + size)
            crc = crc32(chunk, crc)
            digest.update(chunk)
            self._file.write(chunk)
        member = Member(name, size, crc, offset)
        self._members.append(member)
        self._require_room(member.end)
        self._file.seek(offset)
        self._file.write(member.local_header())
        self._file.seek(member.end)
        return member, digest.digest()

    def close(self) -> None:
        """Write the central directory."""
        directory = b"".join(member.central_header() for member in self._members)
        offset, number = self._file.tell(), len(self._members)
        self._require_room(offset + len(directory) + _END.size)
        self._file.write(directory + _END.pack(_END_MARK, 0, 0, number, number, len(directory), offset, 0))

    def _require_room(self, end: int) -> None:
        if end > LARGEST_BYTES or len(self._members) > MOST_FILES:
            raise BundleTooLarge(
                f"The bundle would have more than {LARGEST_BYTES:,} bytes or {MOST_FILES:,} files, which a zip file"
                " cannot hold; export the audit's runs one by one."
            )


class ZipReader:
    """Reads a zip that `ZipWriter` wrote; for any other file, the error describes the difference.

    Args:
        file: The zip, which must be seekable.
        name: Its name in messages.

    Attributes:
        members: The files by name, in their order.

    Raises:
        BundleUnreadable: It is not a zip, or not one of this form.
        BundleAltered: It is a bundle that was changed.
    """

    def __init__(self, file: BinaryIO, *, name: str) -> None:
        self._file = file
        self._name = name
        self.members: dict[str, Member] = {}
        directory, number, begin = self._directory(file.seek(0, 2))
        at = end = 0
        for _ in range(number):
            member = self._member(directory, at, end)
            if member.name in self.members:
                raise self.refusal(f"it has two files named {member.name!r}")
            at += _CENTRAL.size + len(member.name)
            end = member.end
            if end > begin:
                raise self.refusal(f"its file {member.name!r} reaches beyond the space for files")
            if self._at(member.offset, member.start) != member.local_header():
                raise self.refusal(f"the header of its file {member.name!r} does not match the directory")
            self.members[member.name] = member
        if at != len(directory) or end != begin:
            raise self.refusal("there are bytes between its files and its end that belong to neither")

    def refusal(self, reason: str) -> StoreError:
        """Return the error for a file that is not a bundle, or is a bundle that was changed."""
        if self._resembles_a_bundle():
            return BundleAltered(
                f"{self._name!r} is not as `veritas export` wrote it: {reason}; get it again from its exporter."
            )
        return BundleUnreadable(
            f"{self._name!r} is not an evidence bundle: {reason}; give the path of one that `veritas export` wrote."
        )

    def chunks(self, member: Member) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        at = member.start
        while at < member.end:
            chunk = self._at(at, min(at + _CHUNK, member.end))
            at += len(chunk)
            yield chunk

    def _resembles_a_bundle(self) -> bool:
        """Return whether the file begins with the name of a bundle's first file, or ends with those of its last."""
        self._file.seek(0)
        begin = self._file.read(_LOCAL.size + len(FORMAT))
        self._file.seek(max(0, self._file.seek(0, 2) - _EDGE))
        end = self._file.read(_EDGE)
        named = begin.startswith(_LOCAL_MARK) and begin.endswith(FORMAT.encode())
        return named or all(part in end for part in (REPORT.encode(), MANIFEST.encode(), _END_MARK))

    def _at(self, start: int, stop: int) -> bytes:
        self._file.seek(start)
        data = self._file.read(stop - start)
        if len(data) != stop - start:
            raise self.refusal("it was shortened while it was read")
        return data

    def _directory(self, size: int) -> tuple[bytes, int, int]:
        """Return the central directory, the number of its files, and its offset."""
        if size < _END.size or self._at(0, len(_LOCAL_MARK)) != _LOCAL_MARK:
            raise self.refusal("it does not begin as a zip file does")
        if size > LARGEST_BYTES:
            raise self.refusal("it is larger than a bundle can be")
        end = self._at(size - _END.size, size)
        mark, _, _, _, number, length, offset, _ = _END.unpack(end)
        if mark != _END_MARK:
            raise self.refusal("its end is missing, or other bytes follow it")
        if end != _END.pack(_END_MARK, 0, 0, number, number, length, offset, 0):
            raise self.refusal("its end record does not have a bundle's form")
        if offset + length + _END.size != size or length > number * (_CENTRAL.size + _LONGEST_NAME):
            raise self.refusal("the directory of its files is in a wrong place, or has a wrong length")
        return self._at(offset, offset + length), number, offset

    def _member(self, directory: bytes, at: int, offset: int) -> Member:
        """Return the file whose entry in *directory* begins *at*, and whose header must begin at *offset*."""
        entry = directory[at : at + _CENTRAL.size]
        if len(entry) < _CENTRAL.size or not entry.startswith(_CENTRAL_MARK):
            raise self.refusal("the directory of its files is damaged")
        _, _, _, flags, method, _, _, crc, _, size, length, extra, comment, *_ = _CENTRAL.unpack(entry)
        name = directory[at + _CENTRAL.size : at + _CENTRAL.size + length]
        if length > _LONGEST_NAME or not _NAME.fullmatch(name):
            raise self.refusal(
                f"{name[:_LONGEST_NAME].decode('utf-8', 'replace')!r} is not a valid name for a bundle's file"
            )
        member = Member(name.decode("ascii"), size, crc, offset)
        if entry + name == member.central_header():
            return member
        if flags & 1:
            raise self.refusal(f"its file {member.name!r} is encrypted")
        if method:
            raise self.refusal(f"its file {member.name!r} is compressed, so another program packed it")
        if extra or comment:
            raise self.refusal(f"its file {member.name!r} has fields that a bundle's files do not have")
        raise self.refusal(f"its file {member.name!r} is in a wrong place, or is not a regular file")
