"""Why a connection could not be made, by Chromium's names for it."""

from __future__ import annotations

import errno
import socket
import ssl

import h11

from veritas.errors import VeritasError

REFUSED = "ERR_REFUSED_BY_EGRESS_GUARD"  # not one of Chromium's

_NAMES: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "ERR_NAME_NOT_RESOLVED"),
    (ssl.SSLCertVerificationError, "ERR_CERT_INVALID"),
    (ssl.SSLError, "ERR_SSL_PROTOCOL_ERROR"),
    (TimeoutError, "ERR_CONNECTION_TIMED_OUT"),
    (ConnectionRefusedError, "ERR_CONNECTION_REFUSED"),
    (EOFError, "ERR_EMPTY_RESPONSE"),
    (ConnectionError, "ERR_CONNECTION_RESET"),
    (h11.ProtocolError, "ERR_INVALID_HTTP_RESPONSE"),
)
# This machine has no socket, file or memory left, which is not the site's fault.
_OF_THE_MACHINE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class NetworkFailure(VeritasError):
    """A failure whose message is Chromium's name for it, such as `ERR_TUNNEL_CONNECTION_FAILED`.

    Attributes:
        proxy: The URL of the proxy that failed; None if no proxy did.
        reason: The reason in words, as a phrase; may be empty.
    """

    def __init__(self, name: str, *, proxy: str | None = None, reason: str = "") -> None:
        super().__init__(name)
        self.proxy = proxy
        self.reason = reason


def failure_name(error: Exception) -> str:
    """Return Chromium's name for *error*; empty if it has none."""
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return "ERR_NAME_RESOLUTION_FAILED"
    return next((name for kind, name in _NAMES if isinstance(error, kind)), "")


def failure_of(error: OSError) -> NetworkFailure:
    """Return *error* as a failure."""
    unknown = "ERR_INSUFFICIENT_RESOURCES" if error.errno in _OF_THE_MACHINE else "ERR_ADDRESS_UNREACHABLE"
    return NetworkFailure(failure_name(error) or unknown, reason=error.strerror or "")
