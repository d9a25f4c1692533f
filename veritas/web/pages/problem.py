"""The page of an error."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response

from veritas.web.pages.html import html


def page(status: int, detail: str) -> Response:
    """Return the page of an HTTP status, with what is wrong in a sentence."""
    return html("problem.html", status=status, name=HTTPStatus(status).phrase, detail=detail)
