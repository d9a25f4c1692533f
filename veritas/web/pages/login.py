"""The page that asks for the password or the token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from veritas.web.form import read_form
from veritas.web.pages.html import html
from veritas.web.security.guard import with_session
from veritas.web.security.limits import RateLimit
from veritas.web.site import Site


def route(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers for the page."""
    wrong = RateLimit(burst=10, per_second=1 / 6)

    async def login(request: Request) -> Response:
        if request.method == "GET":
            return html("login.html", password=site.access.password, fault=None)
        client = request.client.host if request.client else ""
        form = await read_form(request)
        noun = "password" if site.access.password else "token"
        if not wrong.has(client):
            fault, status = f"There were too many wrong {noun}s; wait a minute and try again.", 429
        elif site.access.opens(form.get("secret", "").strip()):
            return with_session(RedirectResponse("/", 303), site.access)
        else:
            wrong.allows(client)
            fault, status = f"The {noun} is wrong.", 401
        return html("login.html", status=status, password=site.access.password, fault=fault)

    return login
