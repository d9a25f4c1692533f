"""Record a request of the browser, and its response."""

from __future__ import annotations

import time
from typing import Any, cast

from veritas.audit.page import RequestRecord, RequestTiming, TransferSizes

MAX_URL = 2_000
_MAX_TEXT = 200


def new_record(request: Any) -> RequestRecord:
    """Return the record of a request that has just begun."""
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


def add_response(record: RequestRecord, response: Any) -> None:
    """Add the response to the record of its request."""
    headers = response.headers
    record["status"] = response.status
    record["status_text"] = response.status_text[:_MAX_TEXT]
    record["mime_type"] = _clip(headers.get("content-type"), _MAX_TEXT)
    record["content_encoding"] = _clip(headers.get("content-encoding"), _MAX_TEXT)
    record["location"] = _clip(headers.get("location"), MAX_URL)


def request_timing(request: Any) -> RequestTiming:
    """Return the times of a request's stages, without the stages that it has not reached."""
    times = {stage: round(value, 3) for stage, value in request.timing.items() if value >= 0}
    return cast(RequestTiming, times) if times.get("startTime") else {}


async def transfer_sizes(request: Any) -> TransferSizes:
    """Return the sizes of a finished request and its response, in bytes."""
    return cast(TransferSizes, dict(await request.sizes()))


def _clip(text: str | None, length: int) -> str | None:
    return None if text is None else text[:length]
