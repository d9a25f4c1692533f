"""The guard before every route: Host, rate, session, Origin and CSRF token are checked here for all routes."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from veritas.server_hosts import Hosts, is_same_origin
from veritas.web.form import FORM, fields_of, read_body
from veritas.web.pages.problem import answer, wants_page
from veritas.web.problem import Problem
from veritas.web.security.access import SESSION_SECONDS, Access
from veritas.web.security.limits import RateLimit

LOGIN = "/login"
_STATIC = "/static/"  # the files of the pages have nothing of the log, and the login page needs them
_SAFE = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"  # of a form
_WRONG_HOST = (
    "The Host {!r} is not this server's; use the URL that `veritas serve` prints, or start it with --allow-host NAME."
)
_TOO_MANY = "There are too many requests; wait a moment and try again."
_TOO_MANY_WRONG = "There were too many wrong tokens or passwords; wait a minute and try again."
_WRONG_SECRET = "The token or the password is wrong; use the URL that `veritas serve` prints."
_NO_SESSION = (
    "No session is open; open the URL that `veritas serve` prints, or send the header 'Authorization: Bearer SECRET'."
)
_FOREIGN = "The request comes from another site, or does not say where it comes from; use the pages of this server."
_NO_CSRF = "The request lacks the right CSRF token; load the page again."


class Guard:
    """Lets a request through to the routes if it may be made."""

    def __init__(self, app: ASGIApp, *, access: Access, hosts: Hosts) -> None:
        self._app = app
        self._access = access
        self._hosts = hosts
        self._requests = RateLimit(burst=400, per_second=100)
        self._attempts = RateLimit(burst=10, per_second=1 / 6)  # wrong secrets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        refusal = None if scope["type"] == "lifespan" else self._check(scope)
        if refusal is None and scope["type"] == "http" and self._needs_csrf_token(scope):
            refusal, receive = await self._check_csrf_token(scope, receive)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refusal)
        else:
            await refusal(scope, receive, send)

    def _check(self, scope: Scope) -> Response | None:
        """Return the refusal of a request; None if it may be made."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._hosts.knows(host):
            return answer(scope, 421, _WRONG_HOST.format(host[:200]))
        if _is_of_another_site(headers):
            return answer(scope, 403, _FOREIGN)
        client = (scope.get("client") or ("",))[0]
        if not self._requests.allows(client):
            return answer(scope, 429, _TOO_MANY)
        path, method = scope["path"], scope.get("method", "WEBSOCKET")
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return None if self._opens(secret.strip(), client) else self._refuse(scope, client)
        if method == "GET" and (token := QueryParams(scope["query_string"]).get("token")) is not None:
            return self.open_session(scope) if self._opens(token, client) else self._refuse(scope, client)
        origin = headers.get("origin")
        if method not in _SAFE and (origin is None or not is_same_origin(origin, host)):
            return answer(scope, 403, _FOREIGN)
        if not needs_session(path):
            return None
        if not self._access.has_session(headers):
            if method == "GET" and wants_page(scope):
                return RedirectResponse(LOGIN, 303)
            return answer(scope, 401, _NO_SESSION)
        return None

    def _needs_csrf_token(self, scope: Scope) -> bool:
        """Return whether a browser sends a request that changes something; a program with the secret needs no token."""
        bearer = Headers(scope=scope).get("authorization", "").partition(" ")[0].lower() == "bearer"
        return scope["method"] not in _SAFE and scope["path"] != LOGIN and not bearer

    async def _check_csrf_token(self, scope: Scope, receive: Receive) -> tuple[Response | None, Receive]:
        """Return the refusal of a request without the token, and what the application receives in any case.

        A script sends the token as a header, and a form as a field, for which the body is read here.
        """
        headers = Headers(scope=scope)
        token = headers.get(CSRF_HEADER, "")
        if not token and headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
            try:
                body = await read_body(Request(scope, receive))
            except Problem as problem:
                return answer(scope, problem.status, str(problem)), receive
            except ClientDisconnect:
                return answer(scope, 400, "The form was cut off; send it again."), receive
            token, receive = fields_of(body).get(CSRF_FIELD, ""), _received(body, receive)
        if not self._access.is_csrf_token(token):
            return answer(scope, 403, _NO_CSRF), receive
        return None, receive

    def open_session(self, scope: Scope) -> Response:
        """Return the answer that gives the browser the cookie, and takes the token out of the address."""
        rest = [(name, value) for name, value in QueryParams(scope["query_string"]).multi_items() if name != "token"]
        path = "/" + quote(scope["path"].lstrip("/\\"))  # "//host" would lead to another site
        return with_session(RedirectResponse(f"{path}?{urlencode(rest)}" if rest else path, 303), self._access)

    def _opens(self, secret: str, client: str) -> bool:
        return self._attempts.has(client) and self._access.opens(secret)

    def _refuse(self, scope: Scope, client: str) -> Response:
        """Return the refusal of a wrong secret, of which there may be only a few."""
        if not self._attempts.allows(client):
            return answer(scope, 429, _TOO_MANY_WRONG)
        return answer(scope, 401, _WRONG_SECRET)


def _received(body: bytes, receive: Receive) -> Receive:
    """Return what receives a body that was read already, and then whatever follows."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def needs_session(path: str) -> bool:
    """Return whether the answer for a path may have something of the log."""
    return path != LOGIN and not path.startswith(_STATIC)


def with_session(response: Response, access: Access) -> Response:
    """Return *response* with the cookie of the session."""
    response.set_cookie(access.cookie, access.session, max_age=SESSION_SECONDS, httponly=True, samesite="strict")
    return response


def _is_of_another_site(headers: Headers) -> bool:
    """Return whether a page of another origin makes the browser ask; a link that a user follows is not that.

    Otherwise any page could use up the limits of its reader's own requests, and a page of another port of this machine,
    with which a browser sends the cookie, could keep the server at work. A program does not send these headers.
    """
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return False
    return (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) != ("navigate", "document")
