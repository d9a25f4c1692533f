"""Pictures that a page may show: PNG, JPEG, GIF and WebP, and nothing that could be more than a picture."""

from __future__ import annotations

import base64

PNG = b"\x89PNG\r\n\x1a\n"

_IMAGES = {PNG: "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


def data_address(data: bytes) -> str | None:
    """Return a picture as a `data:` address; None where its first bytes are not those of one that may be shown."""
    media_type = next((known for magic, known in _IMAGES.items() if data.startswith(magic)), None)
    return None if media_type is None else f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
