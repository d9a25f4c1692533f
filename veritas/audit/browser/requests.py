"""Record a request of the browser, and its response."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from veritas.audit.browser_records import Redirect, RequestRecord, RequestTiming, TransferSizes

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


@dataclass(frozen=True)
class DocumentDetails:
    """What the browser knows of a document's response, as tasks that are read at once.

    Playwright's driver forgets a response when thousands have come after it.
    """

    headers: asyncio.Future[tuple[tuple[str, str], ...]]
    certificate: asyncio.Future[Any]

    @classmethod
    def of(cls, response: Any) -> DocumentDetails:
        """Begin to read the details of *response*."""
        readings = read_headers(response), response.security_details()
        tasks = [asyncio.ensure_future(reading) for reading in readings]
        for task in tasks:
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # asyncio does not log it then
        return cls(*tasks)


async def read_headers(response: Any) -> tuple[tuple[str, str], ...]:
    """Return the headers of *response*, with case and duplicates as sent."""
    return tuple((header["name"], header["value"]) for header in await response.headers_array())


async def read_redirects(documents: Sequence[Any]) -> list[Redirect]:
    """Return every response before the last of *documents*, in order.

    Args:
        documents: The responses whose documents were shown; the last one is on screen.
    """
    redirects = []
    for document in documents:
        for request in _redirect_requests(document.request):
            response = await request.response()
            if response is not None:
                redirects.append(await _redirect(response, "http"))
        if document is not documents[-1]:
            redirects.append(await _redirect(document, "client"))
    return redirects


async def transfer_sizes(request: Any) -> TransferSizes:
    """Return the sizes of a finished request and its response, in bytes."""
    return cast(TransferSizes, dict(await request.sizes()))


def _clip(text: str | None, length: int) -> str | None:
    return None if text is None else text[:length]


def _redirect_requests(request: Any) -> list[Any]:
    """Return the requests that were redirected to *request*, in order."""
    earlier: list[Any] = []
    while request.redirected_from is not None:
        request = request.redirected_from
        earlier.insert(0, request)
    return earlier


async def _redirect(response: Any, kind: str) -> Redirect:
    return {
        "url": response.url,
        "method": response.request.method,
        "status": response.status,
        "status_text": response.status_text,
        "headers": list(await read_headers(response)),
        "timing": request_timing(response.request),
        "kind": kind,
    }
