"""A TLS server on loopback, and a fake web of public hosts."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from veritas.audit.browser import Response
from veritas.audit.egress.failure import NetworkFailure
from veritas.audit.egress.guard import Guard
from veritas.errors import PageError


@contextmanager
def tls_server(directory: Path) -> Iterator[str]:
    """Serve an empty page over TLS with a self-signed certificate; yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            return

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(directory / "server.pem"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class PublicWeb:
    """A browser's `fetch` and `cookies` for hosts that no test can run: public names with trusted TLS.

    Args:
        answers: For each URL its status, headers and body, or the exception that fetching it raises.
        preloaded: The hosts on the HSTS preload list; None if that is not known.

    Attributes:
        requests: The URLs that were fetched, in order, with the request headers.
    """

    def __init__(
        self,
        answers: Mapping[str, Exception | tuple[int, list[tuple[str, str]], str]],
        preloaded: frozenset[str] | None = frozenset(),
    ) -> None:
        self.guard = Guard()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self._answers = answers
        self._preloaded = preloaded

    async def fetch(self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 10.0) -> Response:
        """Return the response of *url*, or fail as `Browser.fetch` does."""
        self.requests.append((url, dict(headers or {})))
        answer = self._answers.get(url, NetworkFailure("ERR_CONNECTION_REFUSED"))
        if isinstance(answer, Exception):
            raise PageError(f"{url!r} cannot be visited ({answer}).") from answer
        status, pairs, body = answer
        return Response(url, status, tuple(pairs), body.encode())

    async def find_preloaded(self, hosts: Iterable[str]) -> frozenset[str] | None:
        """Return which of *hosts* are on the preload list."""
        return None if self._preloaded is None else self._preloaded & set(hosts)

    async def cookies(self) -> list[dict[str, Any]]:
        """Return no cookies, as a new browser profile does."""
        return []


def _self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
