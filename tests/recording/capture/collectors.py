"""What log collectors write when a program writes something: the encoders of the formats that are read."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Iterable, Iterator

PIECE = 16 * 1024  # bytes, after which Docker and the container runtimes cut a line

Output = Iterable[tuple[str, bytes]]  # (stream, line with its end)
Collector = Callable[[Output], bytes]

_TIME = "2026-11-29T08:00:00.123456789Z"


def docker(output: Output) -> bytes:
    return b"".join(
        json.dumps({"log": text, "stream": stream, "time": _TIME}, ensure_ascii=False).encode() + b"\n"
        for stream, line in output
        for text in _characters(line)
    )


def cri(output: Output) -> bytes:
    lines = []
    for stream, line in output:
        pieces = list(_pieces(line.removesuffix(b"\n")))
        for number, piece in enumerate(pieces, 1):
            lines.append(f"{_TIME} {stream} {'F' if number == len(pieces) else 'P'} ".encode() + piece + b"\n")
    return b"".join(lines)


def journal(output: Output) -> bytes:
    """The journal cuts after 48 KiB, and writes what has a byte that is not printable as an array."""
    lines = []
    for _, line in output:
        pieces = list(_pieces(line.removesuffix(b"\n"), 48 * 1024))
        for number, piece in enumerate(pieces, 1):
            try:
                message: str | list[int] = piece.decode()
            except UnicodeDecodeError:
                message = list(piece)
            message = list(piece) if "\x1b" in message else message
            fields: dict[str, object] = {
                "__CURSOR": "s=1",
                "__REALTIME_TIMESTAMP": "1795939200123456",
                "_TRANSPORT": "stdout",
            }
            fields |= {"_PID": "42", "SYSLOG_IDENTIFIER": "audit", "_HOSTNAME": "host", "MESSAGE": message}
            if number < len(pieces):
                fields["_LINE_BREAK"] = "line-max"
            lines.append(json.dumps(fields).encode() + b"\n")
    return b"".join(lines)


def prefixed(prefix: bytes, cut: int = PIECE) -> Collector:
    def collect(output: Output) -> bytes:
        pieces = (piece for _, line in output for piece in _pieces(line.removesuffix(b"\n"), cut))
        return b"".join(prefix + piece + b"\n" for piece in pieces)

    return collect


COLLECTORS: dict[str, Collector] = {
    "plain": lambda output: b"".join(line for _, line in output),
    "docker-json": docker,
    "cri": cri,
    "journal-json": journal,
    "journal-json-seq": lambda output: b"".join(b"\x1e" + line for line in journal(output).splitlines(True)),
    "journal-short": prefixed(b"Nov 29 08:00:00 host audit[42]: ", 48 * 1024),
    "journal-short-iso": prefixed(b"2026-11-29T08:00:00+0100 host audit[42]: "),
    "journal-short-full": prefixed(b"Sun 2026-11-29 08:00:00 UTC host audit[42]: "),
    "syslog": prefixed(b"2026-11-29T08:00:00.123456+00:00 host audit[42]: "),
    "compose": prefixed(b"web-1  | "),
    "compose-colours": prefixed(b"\x1b[36mweb-1  | \x1b[0m"),
    "compose-1-colours": prefixed(b"\x1b[36mweb_1  |\x1b[0m "),
    "compose-timestamps": prefixed(f"web-1  | {_TIME} ".encode()),
    "kubectl-timestamps": prefixed(f"{_TIME} ".encode()),
    "kubectl-prefix": prefixed(b"[pod/web-7d9/shop] "),
    "kubectl-both": prefixed(f"[pod/web-7d9/shop] {_TIME} ".encode()),
    "parallel": prefixed(b"https://shop.example/\t"),
    "bracketed": prefixed(b"[web] "),
    "concurrently": prefixed(b"\x1b[34m[0]\x1b[0m "),
}

WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "two gzips": lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:]) + bytes(512),
    "gzip of gzip": lambda data: gzip.compress(gzip.compress(data)),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "utf-8 mark": lambda data: b"\xef\xbb\xbf" + data,
}

# These change the bytes of what is no text, so they are for text only.
TEXT_WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "utf-16": lambda data: data.decode().encode("utf-16"),
    "utf-16-le": lambda data: data.decode().encode("utf-16-le"),
    "utf-16-be": lambda data: data.decode().encode("utf-16-be"),
    "gzip of utf-16": lambda data: gzip.compress(b"\xfe\xff" + data.decode().encode("utf-16-be")),
}


def event_line(seq: int, **fields: object) -> bytes:
    return b"##PROGRESS:" + json.dumps({"phase": "scout", "step": "x", "seq": seq, **fields}).encode() + b"\n"


def event_with(seq: int, size: int) -> bytes:
    """Return an event with an attachment of *size* bytes."""
    return event_line(seq, type="screenshot", data=base64.b64encode(bytes(size)).decode())


def _pieces(line: bytes, size: int = PIECE) -> Iterator[bytes]:
    yield from (line[start : start + size] for start in range(0, max(len(line), 1), size))


def _characters(line: bytes) -> Iterator[str]:
    """Yield a line's pieces as Docker writes them: what is not UTF-8 is lost there."""
    return (piece.decode("utf-8", "replace") for piece in _pieces(line))
