"""The HTTP endpoint that Prometheus scrapes; it listens on this machine only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from veritas.errors import UsageError
from veritas.metrics.audit_metrics import AuditMetrics
from veritas.metrics.prometheus import Report, registry_of
from veritas.server_hosts import Hosts

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LOOPBACK = "127.0.0.1"
PATH = "/metrics"


@contextmanager
def serving(read: Callable[[], AuditMetrics], port: int, *, report: Report = lambda error: None) -> Iterator[str]:
    """Serve the metrics in threads of this process, and give their URL.

    Args:
        read: Reads the metrics; it is called for each request, by several threads at once.
        port: The port; 0 for any that is free.
        report: Called with each error of *read*.

    Raises:
        UsageError: The port cannot be used.
    """
    app = make_app(make_wsgi_app(registry_of(read, report)))
    try:
        server = make_server(LOOPBACK, port, app, server_class=_Server, handler_class=_SilentHandler)
    except OSError as error:
        raise UsageError(
            f"Port {port} of {LOOPBACK} cannot be used: {error.strerror or error}; give another one, or 0 for any."
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}{PATH}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_app(exposition: WSGIApplication) -> WSGIApplication:
    """Return the application that answers for this machine, at one path: GET by *exposition*, HEAD without the body."""
    hosts = Hosts(LOOPBACK)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host, method = environ.get("HTTP_HOST", ""), environ["REQUEST_METHOD"]
        if not hosts.knows(host):
            return _refuse(start_response, "421 Misdirected Request", f"The Host {host[:200]!r} is not this machine's.")
        if environ["PATH_INFO"] != PATH:
            return _refuse(start_response, "404 Not Found", f"The metrics are at {PATH}.")
        if method not in ("GET", "HEAD"):
            return _refuse(start_response, "405 Method Not Allowed", "Use GET or HEAD.", ("Allow", "GET, HEAD"))
        body = exposition({**environ, "REQUEST_METHOD": "GET"}, start_response)
        return body if method == "GET" else []

    return answer


def _refuse(start_response: StartResponse, status: str, sentence: str, *headers: tuple[str, str]) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), *headers])
    return [f"{sentence}\n".encode()]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _SilentHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""
