"""Artifacts: the attachments of events, such as screenshots, by the hash of their bytes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.responses import Response

from veritas.web.security.headers import ARTIFACT_POLICY
from veritas.web.site import Site

# The only types that a browser may show. Anything else is a file to save, whatever its emitter calls it.
_SHOWN = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_OTHER = "application/octet-stream"


class ArtifactRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact.

    Attributes:
        hash: The SHA-256 of its bytes, in hex.
    """

    hash: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


def artifact(site: Site, request: ArtifactRequest) -> Response:
    """Return the bytes of an artifact; they are compared with the hash first."""
    data = site.archive.artifact(request.hash)
    media_type = _media_type(data)
    disposition = "attachment" if media_type == _OTHER else "inline"
    headers = {
        "Content-Security-Policy": ARTIFACT_POLICY,
        "Content-Disposition": f'{disposition}; filename="{request.hash}"',
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    return Response(data, media_type=media_type, headers=headers)


def _media_type(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _SHOWN.items() if data.startswith(magic)), _OTHER)
