"""Detach an event's attachment from its wire form, and reattach it byte for byte.

In the wire form an attachment is base64 text. The log stores the bytes once, as an artifact, and replaces the text by
`sha256:` and their hash. It does so only if that can be undone exactly; otherwise (the text occurs twice, or is not
canonical base64) the body is stored whole.
"""

from __future__ import annotations

import base64
import hashlib

from store.text import storable
from veritas.errors import UndecodableEvent
from veritas.events.progress import ProgressEvent, decode_event

_MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def detach(body: bytes, data: bytes) -> bytes | None:
    """Return *body* with the base64 text of *data* replaced by its hash; None if that could not be undone."""
    text, reference = _text(data), _reference(data)
    if body.count(text) != 1 or reference in body:
        return None
    return body.replace(text, reference)


def reattach(body: bytes, data: bytes) -> bytes:
    """Return the body from which `detach` took *data*."""
    return body.replace(_reference(data), _text(data))


def reference_to(sha256: bytes) -> str:
    """Return the text that replaces the attachment with this hash."""
    return f"sha256:{sha256.hex()}"


def media_type_of(event: ProgressEvent) -> str:
    """Return the media type of an event's attachment: the one that the emitter gave, else by the first bytes."""
    given = event.extra.get("media_type")
    if isinstance(given, str) and given:
        return given
    data = event.data or b""
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "application/octet-stream")


def stored_media_type(body: bytes, data: bytes) -> str | None:
    """Return the media type that *data* was stored with, given the body of the first event that it is attached to."""
    try:
        event = decode_event(body)
    except UndecodableEvent:
        return None
    event.data = data
    return storable(media_type_of(event))


def _text(data: bytes) -> bytes:
    return b'"' + base64.b64encode(data) + b'"'


def _reference(data: bytes) -> bytes:
    return f'"{reference_to(hashlib.sha256(data).digest())}"'.encode("ascii")
