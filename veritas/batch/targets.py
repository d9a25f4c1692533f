"""The targets of a batch: the URLs that a user gives, on the command line or in a file, each of them checked.

A file has a URL a line, with blank lines and with comments after `#`, or it is CSV with the URLs in one column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from veritas.audit.egress.addresses import authority, normal_host
from veritas.default_ports import own_port
from veritas.errors import InvalidTargets, InvalidUrl, UsageError
from veritas.formatting import count
from veritas.recording.run import check_url

_COMMENT = re.compile(r"(^|\s+)#.*")
_DELIMITERS = ",;\t|"
_BYTE_ORDER_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig"))
_MOST = 1_000_000  # URLs of a file; that many take minutes to check and to record
_SHOWN = 10  # faults that a message has
_LONGEST = 200  # characters of a line that a message has

Line = tuple[int, str]  # the number of a line, from 1, and the text that is to be a URL


@dataclass(frozen=True)
class Targets:
    """The URLs of a batch.

    Attributes:
        urls: Each URL once, as it was first given.
        duplicates: How many more there were that mean one of them.
    """

    urls: tuple[str, ...]
    duplicates: int = 0

    @classmethod
    def of(cls, urls: Iterable[str]) -> Targets:
        """Return checked URLs without duplicates, in their order."""
        distinct: dict[str, str] = {}
        total = 0
        for url in urls:
            distinct.setdefault(_normal(url), url)
            total += 1
        return cls(tuple(distinct.values()), total - len(distinct))


def read_lines(data: bytes, name: str) -> list[Line]:
    """Return what a file with a URL a line has on each line that is neither blank nor a comment.

    Raises:
        UsageError: The file is not text.
    """
    lines = ((number, _COMMENT.sub("", line).strip()) for number, line in enumerate(_text(data, name).split("\n"), 1))
    return [line for line in lines if line[1]]


def read_csv(data: bytes, name: str, column: str) -> list[Line]:
    """Return what a CSV file has in one of its columns, which its first line names, where that is not empty.

    The fields are separated by the sign that makes the most columns of the first line: a comma, a semicolon, a tab or
    a vertical bar.

    Raises:
        UsageError: The file is not CSV, or has no such column.
    """
    whole = _text(data, name)
    text = whole.lstrip("\n")
    before = len(whole) - len(text)  # blank lines
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count), strict=True)
    try:
        header = [field.strip() for field in next(reader, [])]
        if header.count(column) != 1:
            problem = "several columns" if column in header else "no column"
            raise UsageError(f"{name!r} has {problem} {column!r}; its columns are {', '.join(map(repr, header))}.")
        index = header.index(column)
        rows = ((reader.line_num + before, row[index].strip()) for row in reader if len(row) > index)
        return [row for row in rows if row[1]]
    except csv.Error as error:
        raise UsageError(f"{name!r} is not CSV: line {reader.line_num + before}: {error}; correct it.") from None


def check_lines(lines: Sequence[Line], name: str, *, outcome: str = "started") -> list[str]:
    """Return the URLs of a file's lines.

    Args:
        lines: The lines.
        name: The file's name.
        outcome: What is done with the URLs if they are good, as a participle.

    Raises:
        UsageError: There is none, there are too many, or some cannot be audited; the message names those by their
            lines.
    """
    if len(lines) > _MOST:
        raise UsageError(f"{name!r} has {len(lines):,} URLs, and a batch has {_MOST:,} at most; split the file.")
    faults = list(_faults(lines))
    if faults:
        more = [f"and {len(faults) - _SHOWN:,} more"] if len(faults) > _SHOWN else []
        is_csv = name.lower().endswith(".csv")
        remedy = "correct them, or name the column of a CSV file by --column" if is_csv else "correct them"
        raise InvalidTargets(
            f"{name!r} has {count(len(faults), 'line')} without a URL that can be audited, so nothing was {outcome};"
            f" {remedy}.",
            details=[*(f"line {number}: {fault}" for number, fault in faults[:_SHOWN]), *more],
        )
    if not lines:
        raise UsageError(f"{name!r} has no URL; write one a line.")
    return [url for _, url in lines]


def _faults(lines: Iterable[Line]) -> Iterator[tuple[int, str]]:
    for number, text in lines:
        try:
            check_url(text)
        except InvalidUrl as error:
            shown = f"{text[:_LONGEST]!r} is too long for a URL." if len(text) > 10 * _LONGEST else str(error)
            yield number, shown


def _text(data: bytes, name: str) -> str:
    """Return the text of a file, with every end of a line as `\\n`."""
    encoding = next(encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark))
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{name!r} is not text in UTF-8 (line {line}); write it in UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _normal(url: str) -> str:
    """Return *url* so that two spellings of an address are equal: the scheme, the host, the port, an empty path."""
    parts = urlsplit(url)
    netloc = authority(normal_host(parts.hostname or ""), own_port(parts))
    return parts._replace(netloc=netloc, path=parts.path or "/").geturl()
