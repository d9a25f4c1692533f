"""The section of one audit in what a worker process prints: the bytes between two marks that name it.

A worker prints the marks on its standard output and its standard error. They have a random token, so nothing that is
printed during an audit ends its section. What is printed between two audits belongs to neither, and to no log: it may
have what is secret in one, and not be masked in the other.
"""

from __future__ import annotations

_BEGIN, _END = b"##AUDIT:%b:begin\n", b"##AUDIT:%b:end:"


def begin_mark(token: str) -> bytes:
    """Return what a worker prints before the audit of that token."""
    return _BEGIN % token.encode()


def end_mark(token: str, exit_status: int) -> bytes:
    """Return what a worker prints after the audit of that token."""
    return b"%b%d\n" % (_END % token.encode(), exit_status)


class Section:
    """Cuts the section of one audit out of a byte stream.

    Attributes:
        has_begun: Whether its beginning was found.
        exit_status: The exit status in its end; None until that is found.
    """

    def __init__(self, token: str) -> None:
        self.has_begun = False
        self.exit_status: int | None = None
        self._begin, self._end = begin_mark(token), _END % token.encode()
        self._held = b""  # what may be the beginning of a mark

    @property
    def has_ended(self) -> bool:
        """Whether its end was found."""
        return self.exit_status is not None

    def feed(self, chunk: bytes) -> bytes:
        """Return the bytes of the section that *chunk* completes."""
        data = self._held + chunk if self._held else chunk
        self._held = b""
        if not self.has_begun:
            _, mark, rest = data.partition(self._begin)
            if not mark:
                self._held = data[-len(self._begin) + 1 :]
                return b""
            self.has_begun, data = True, rest
        found = data.find(self._end)
        if found >= 0:
            status, newline, _ = data[found + len(self._end) :].partition(b"\n")
            if newline:
                self.exit_status = int(status)
            else:
                self._held = data[found:]
            return data[:found]
        kept = next((size for size in range(len(self._end) - 1, 0, -1) if data.endswith(self._end[:size])), 0)
        if kept:
            self._held = data[-kept:]
            return data[:-kept]
        return data

    def close(self) -> bytes:
        """Return the bytes that are left at the end of the stream."""
        held, self._held = self._held, b""
        return held if self.has_begun and not self.has_ended else b""
