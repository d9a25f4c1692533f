"""How a tab came to the document that it shows: every answer on the way, read from the browser's own responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from veritas.audit.exchange_facts import timing


async def read_chain(documents: Sequence[Any]) -> list[dict[str, Any]]:
    """Return every answer before the last of *documents*, in order.

    Args:
        documents: The responses whose documents were shown, the last one being on screen.

    Returns:
        Of each: url, method, status, status_text, headers, timing and kind: `http` for a redirect by status, `client`
        for a document that was shown and led on by a script or a meta refresh.
    """
    chain = []
    for document in documents:
        for request in _redirected_from(document.request):
            answer = await request.response()
            if answer is not None:
                chain.append(await _hop(answer, "http"))
        if document is not documents[-1]:
            chain.append(await _hop(document, "client"))
    return chain


async def read_headers(response: Any) -> tuple[tuple[str, str], ...]:
    """Return the headers of *response*, case and duplicates as sent."""
    return tuple((header["name"], header["value"]) for header in await response.headers_array())


async def _hop(response: Any, kind: str) -> dict[str, Any]:
    return {
        "url": response.url,
        "method": response.request.method,
        "status": response.status,
        "status_text": response.status_text,
        "headers": [list(pair) for pair in await read_headers(response)],
        "timing": timing(response.request),
        "kind": kind,
    }


def _redirected_from(request: Any) -> list[Any]:
    earlier: list[Any] = []
    while request.redirected_from is not None:
        request = request.redirected_from
        earlier.insert(0, request)
    return earlier
