"""The answer for an error: a page for a browser that asks for one, and a problem for a program."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from veritas.web.pages.html import html
from veritas.web.problem import problem_response


def wants_page(scope: Scope) -> bool:
    """Return whether a browser asks for a page, and not a script or a program for data."""
    return "text/html" in Headers(scope=scope).get("accept", "")


def answer(scope: Scope, status: int, detail: str, *, id: str | None = None) -> Response:
    """Return the answer for an error.

    Args:
        scope: The request.
        status: The HTTP status.
        detail: The fault, the thing and the remedy in a sentence.
        id: The id under which the server's output has the traceback.
    """
    if wants_page(scope):
        return html("problem.html", status=status, name=HTTPStatus(status).phrase, detail=detail)
    return problem_response(status, detail, id=id)
