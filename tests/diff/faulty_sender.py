"""Senders that are faulty on purpose: each spoils the events of one channel without reporting it."""

from __future__ import annotations

from typing import Any

from veritas.channels.sender import Sender
from veritas.events.json import decode_json, encode_json

EVERY = 97  # one of so many events is dropped


class FaultySender:
    """A sender that applies a fault to the events it is given."""

    def __init__(self, sender: Sender, fault: EventFault) -> None:
        self._sender = sender
        self._fault = fault

    def send(self, body: bytes, *, wait: bool = False) -> None:
        for altered in self._fault.send(body):
            self._sender.send(altered, wait=wait)

    def close(self, emitted: int) -> None:
        for altered in self._fault.send(None):
            self._sender.send(altered)
        self._sender.close(emitted)


class EventFault:
    """A fault of a transport: returns for each body the bodies to send instead, and at the end those held back."""

    def send(self, body: bytes | None) -> list[bytes]:
        return [] if body is None else [self.alter(body)]

    def alter(self, body: bytes) -> bytes:
        return body


class Drop(EventFault):
    def __init__(self, every: int = EVERY) -> None:
        self._every = every
        self._count = 0

    def send(self, body: bytes | None) -> list[bytes]:
        self._count += 1
        return [] if body is None or self._count % self._every == 0 else [body]


class SwapNeighbours(EventFault):
    def __init__(self) -> None:
        self._held_back: bytes | None = None

    def send(self, body: bytes | None) -> list[bytes]:
        held_back, self._held_back = self._held_back, None
        if held_back is None:
            self._held_back = body
            return []
        return [held_back] if body is None else [body, held_back]


class MangleNonAscii(EventFault):
    def alter(self, body: bytes) -> bytes:
        return body.decode("utf-8").encode("ascii", "replace")


class RoundFloats(EventFault):
    def alter(self, body: bytes) -> bytes:
        return encode_json(_rounded(decode_json(body)))


class RewriteJson(EventFault):
    """Encodes the same values in other bytes."""

    def alter(self, body: bytes) -> bytes:
        return body.replace(b'{"type"', b'{ "type"', 1)


class AlterAttachment(EventFault):
    def alter(self, body: bytes) -> bytes:
        wire = decode_json(body)
        if "data" in wire:
            wire["data"] = b"other bytes"
        return encode_json(wire)


FAULTS: dict[str, type[EventFault]] = {
    "none": EventFault,
    "drop": Drop,
    "swap": SwapNeighbours,
    "mangle": MangleNonAscii,
    "round": RoundFloats,
    "rewrite": RewriteJson,
    "attachment": AlterAttachment,
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
