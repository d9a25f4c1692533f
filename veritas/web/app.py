"""The application: the routes, behind the guard, with the security headers on every answer."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from veritas.events.json import encode_json
from veritas.server_hosts import Hosts
from veritas.web.api.stream import audit_stream, log_changes
from veritas.web.endpoint import JSON, Endpoint
from veritas.web.log_check import LogCheck
from veritas.web.openapi import CHANGES, DOCUMENT, STREAM, openapi_document
from veritas.web.pages import audit, audits, compare, login, problem, rollout, site_history, summary, verify
from veritas.web.pages.addresses import COMPARE, ROLLOUT, VERIFY
from veritas.web.problem import Problem, status_of
from veritas.web.routes import ENDPOINTS
from veritas.web.security.guard import LOGIN, Guard
from veritas.web.security.headers import SecurityHeaders
from veritas.web.security.limits import MAX_STREAMS
from veritas.web.site import Site

Report = Callable[[BaseException, str], object]
_STYLES = files("veritas.report") / "templates" / "page.css"


def make_app(site: Site, *, hosts: Hosts, report: Report = lambda error, id: None) -> ASGIApp:
    """Return the application.

    Args:
        site: What it serves.
        hosts: The hosts that it answers for.
        report: Called with an unexpected error, and with the id that the client gets.
    """
    router = Router(routes=[*_api(site), *_pages(site)], redirect_slashes=False, default=_not_found)
    return SecurityHeaders(Guard(Errors(LogCheck(router, site), report=report), access=site.access, hosts=hosts))


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404)


class Errors:
    """Makes each error of a route an answer; an unexpected one gets an id and is reported."""

    def __init__(self, app: ASGIApp, *, report: Report) -> None:
        self._app = app
        self._report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        begun = False

        async def send_and_remember(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_remember)
        except (ClientDisconnect, WebSocketDisconnect):  # there is no one to answer
            return
        except Exception as error:
            response = self._response(error, scope)
            if not begun and scope["type"] == "http":
                await response(scope, receive, send)
            elif not begun:
                await WebSocket(scope, receive, send).send_denial_response(response)

    def _response(self, error: Exception, scope: Scope) -> Response:
        if isinstance(error, HTTPException):
            error = Problem(error.status_code, f"{scope.get('method', 'GET')} {scope['path']!r:.200}: {error.detail}.")
        status, detail, id = status_of(error), str(error), None
        if status is None:
            status, id = 500, secrets.token_hex(4)
            detail = f"This is a bug in VERITAS; the server's output has it as {id} if it was started with -v."
            self._report(error, id)
        return problem.answer(scope, status, detail, id=id)


def _api(site: Site) -> list[BaseRoute]:
    document = Response(encode_json(openapi_document(ENDPOINTS)), media_type=JSON)

    async def openapi(request: Request) -> Response:
        return document

    async def changes(request: Request) -> Response:
        if not site.streams.has_room(MAX_STREAMS):
            raise Problem(503, f"There are {MAX_STREAMS} streams already; close one and try again.")
        return StreamingResponse(log_changes(site.streams), media_type="text/event-stream")

    async def stream(websocket: WebSocket) -> None:
        await audit_stream(site, websocket)

    return [
        *(Route(each.path, _answering(each, site), methods=[each.method]) for each in ENDPOINTS),
        WebSocketRoute(STREAM, stream),
        Route(CHANGES, changes, methods=["GET"]),
        Route(DOCUMENT, openapi, methods=["GET"]),
    ]


def _answering(endpoint: Endpoint, site: Site) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await endpoint.answer_to(site, request)

    return answer


def _pages(site: Site) -> list[BaseRoute]:
    styles = Response(_STYLES.read_bytes(), media_type="text/css")

    async def page_css(request: Request) -> Response:
        return styles

    return [
        Route("/", audits.route(site), methods=["GET"]),
        Route("/audits/{id}", audit.route(site), methods=["GET"]),
        Route("/audits/{id}/summary", summary.route(site), methods=["GET"]),
        Route(COMPARE, compare.route(site), methods=["GET"]),
        Route(VERIFY, verify.route(site), methods=["GET"]),
        Route("/sites/{host}", site_history.route(site), methods=["GET"]),
        Route(ROLLOUT, rollout.route(site), methods=["GET", "POST"]),
        Route(LOGIN, login.route(site), methods=["GET", "POST"]),
        Route("/static/page.css", page_css, methods=["GET"]),
        Mount("/static/player", StaticFiles(packages=[("veritas.player", "static")])),
        Mount("/static", StaticFiles(packages=[("veritas.web", "static")])),
    ]
