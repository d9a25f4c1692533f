"""A page as a response."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from veritas.report.rendering import render
from veritas.web.site import Site

# The packages whose templates and macros the pages use.
_PACKAGES = ("veritas.web", "veritas.player", "veritas.diff.html", "veritas.diff.site", "veritas.rollout.outputs")


def html(template: str, *, site: Site | None = None, status: int = 200, **values: Any) -> Response:
    """Return a page that is made from a template of this room, or of the comparisons and rollouts.

    Args:
        template: The template's name.
        site: What the page is of; None for a page that needs no session.
        status: The HTTP status.
        values: The variables of the template.
    """
    csrf = None if site is None else site.access.csrf_token
    actions = site is not None and site.actions is not None
    body = b"".join(render(_PACKAGES, template, csrf=csrf, actions=actions, **values))
    return Response(body, status, media_type="text/html")
