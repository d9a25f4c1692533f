"""Senders that are faulty on purpose: each spoils the events of one channel without reporting it."""

from __future__ import annotations

from typing import Any

from veritas.channels.sender import Sender
from veritas.events.progress import decode_json, encode_json

EVERY = 97  # events, of which one is dropped


class FaultySender:
    """A sender that applies a fault to the events it is given."""

    def __init__(self, sender: Sender, spoiler: Spoiler) -> None:
        self._sender = sender
        self._spoil = spoiler

    def send(self, body: bytes, *, wait: bool = False) -> None:
        for spoiled in self._spoil.send(body):
            self._sender.send(spoiled, wait=wait)

    def close(self, emitted: int) -> None:
        for spoiled in self._spoil.send(None):
            self._sender.send(spoiled)
        self._sender.close(emitted)


class Spoiler:
    """Gives for each body what comes of it, and at the end what it has kept back."""

    def send(self, body: bytes | None) -> list[bytes]:
        return [] if body is None else [self.spoil(body)]

    def spoil(self, body: bytes) -> bytes:
        return body


class Drop(Spoiler):
    def __init__(self, every: int = EVERY) -> None:
        self._every = every
        self._count = 0

    def send(self, body: bytes | None) -> list[bytes]:
        self._count += 1
        return [] if body is None or self._count % self._every == 0 else [body]


class SwapNeighbours(Spoiler):
    def __init__(self) -> None:
        self._kept: bytes | None = None

    def send(self, body: bytes | None) -> list[bytes]:
        kept, self._kept = self._kept, None
        if kept is None:
            self._kept = body
            return []
        return [kept] if body is None else [body, kept]


class MangleNonAscii(Spoiler):
    def spoil(self, body: bytes) -> bytes:
        return body.decode("utf-8").encode("ascii", "replace")


class RoundFloats(Spoiler):
    def spoil(self, body: bytes) -> bytes:
        return encode_json(_rounded(decode_json(body)))


class RewriteJson(Spoiler):
    """Says the same in other bytes."""

    def spoil(self, body: bytes) -> bytes:
        return body.replace(b'{"type"', b'{ "type"', 1)


class SpoilAttachment(Spoiler):
    def spoil(self, body: bytes) -> bytes:
        wire = decode_json(body)
        if "data" in wire:
            wire["data"] = b"other bytes"
        return encode_json(wire)


FAULTS: dict[str, type[Spoiler]] = {
    "none": Spoiler,
    "drop": Drop,
    "swap": SwapNeighbours,
    "mangle": MangleNonAscii,
    "round": RoundFloats,
    "rewrite": RewriteJson,
    "attachment": SpoilAttachment,
}


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 1)
        case dict():
            return {name: _rounded(item) for name, item in value.items()}
        case list():
            return [_rounded(item) for item in value]
        case _:
            return value
