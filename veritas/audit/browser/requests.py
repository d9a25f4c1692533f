"""What is written down of one request and its answer, in JSON values.

url, resource_type, method
status, status_text, failure            None where no answer came, or nothing failed
mime_type, content_encoding, location   of the answer's headers; None where it has none
timing                                  startTime in ms since the epoch, the rest in ms from it; what is not known is
                                        left out, and the names are Playwright's
sizes                                   in bytes, in Playwright's names; None where the transfer has not ended
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

MAX_URL = 2_000
_MAX_TEXT = 200


def requested(request: Any) -> dict[str, Any]:
    """Return what is known of a request that has just begun."""
    return {
        "url": request.url[:MAX_URL],
        "resource_type": request.resource_type,
        "method": request.method,
        "status": None,
        "status_text": None,
        "failure": None,
        "mime_type": None,
        "content_encoding": None,
        "location": None,
        "timing": {"startTime": round(time.time() * 1000, 3)},
        "sizes": None,
    }


def answered(response: Any) -> dict[str, Any]:
    """Return what an answer adds."""
    headers = response.headers
    return {
        "status": response.status,
        "status_text": response.status_text[:_MAX_TEXT],
        "mime_type": _clip(headers.get("content-type"), _MAX_TEXT),
        "content_encoding": _clip(headers.get("content-encoding"), _MAX_TEXT),
        "location": _clip(headers.get("location"), MAX_URL),
    }


def timing(request: Any) -> dict[str, float]:
    """Return when what happened to a request, as far as it has happened and the browser tells."""
    told = {name: round(moment, 3) for name, moment in request.timing.items() if moment >= 0}
    return told if told.get("startTime") else {}


async def sizes(request: Any) -> Mapping[str, int]:
    """Return how many bytes a finished request and its answer had."""
    return dict(await request.sizes())


def _clip(text: str | None, length: int) -> str | None:
    return None if text is None else text[:length]
