"""The form of a page that is sent without a script: its body is read once, within the limit of a request's size."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.requests import Request

from veritas.web.problem import Problem
from veritas.web.security.limits import MAX_BODY

FORM = "application/x-www-form-urlencoded"


async def read_body(request: Request) -> bytes:
    """Return the body of a request.

    Raises:
        Problem: It is too large.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            raise Problem(413, f"The body has more than {MAX_BODY:,} bytes; send a smaller one.")
    return bytes(body)


async def read_form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form; of a field that is there several times, the last one.

    Raises:
        Problem: The body is too large.
    """
    return fields_of(await read_body(request))


def fields_of(body: bytes) -> Mapping[str, str]:
    """Return the fields of a form in a body."""
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}
