"""Recording a request of the browser, and its answer."""

from __future__ import annotations

import time
from typing import Any, cast

from veritas.audit.page import RequestRecord, RequestTiming, TransferSizes

MAX_URL = 2_000
_MAX_TEXT = 200


def requested(request: Any) -> RequestRecord:
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


def add_answer(record: RequestRecord, response: Any) -> None:
    """Add the answer to the record of its request."""
    headers = response.headers
    record["status"] = response.status
    record["status_text"] = response.status_text[:_MAX_TEXT]
    record["mime_type"] = _clip(headers.get("content-type"), _MAX_TEXT)
    record["content_encoding"] = _clip(headers.get("content-encoding"), _MAX_TEXT)
    record["location"] = _clip(headers.get("location"), MAX_URL)


def timing(request: Any) -> RequestTiming:
    """Return when what happened to a request, as far as it has happened and the browser tells."""
    told = {name: round(moment, 3) for name, moment in request.timing.items() if moment >= 0}
    return cast(RequestTiming, told) if told.get("startTime") else {}


async def sizes(request: Any) -> TransferSizes:
    """Return how many bytes a finished request and its answer had."""
    return cast(TransferSizes, dict(await request.sizes()))


def _clip(text: str | None, length: int) -> str | None:
    return None if text is None else text[:length]
