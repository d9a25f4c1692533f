"""Why a page could not be visited, as a sentence for people, from what the network or the browser said.

Chromium's names for network errors serve for both: what Python's own sockets raise is put under the same names.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from urllib.parse import urlsplit

_SENTENCES = (
    ("ERR_NAME_NOT_RESOLVED", "The host {host!r} cannot be resolved; check the spelling of {url!r}."),
    ("ERR_NAME_RESOLUTION_FAILED", "No name server answers for {host!r} of {url!r}; are you online?"),
    ("ERR_INTERNET_DISCONNECTED", "There is no network, so {url!r} cannot be visited; are you online?"),
    ("ERR_CONNECTION_REFUSED", "{host!r} refuses the connection, so {url!r} cannot be visited; is its server running?"),
    ("ERR_CONNECTION_TIMED_OUT", "{host!r} does not answer, so {url!r} cannot be visited; is it the right address?"),
    ("ERR_EMPTY_RESPONSE", "{host!r} closed the connection without an answer, so {url!r} cannot be visited."),
    ("ERR_CONNECTION_RESET", "{host!r} broke the connection off, so {url!r} cannot be visited."),
    ("ERR_CERT_", "The TLS certificate of {host!r} is not valid ({code}), so {url!r} cannot be visited safely."),
    ("ERR_SSL_", "No TLS connection to {host!r} can be made ({code}) for {url!r}; does it need http:// instead?"),
    ("ERR_TOO_MANY_REDIRECTS", "{url!r} redirects in a loop; there is no page at the end of it."),
    ("ERR_UNSAFE_REDIRECT", "{url!r} redirects to an address that no web page may lead to."),
    ("ERR_UNSAFE_PORT", "No browser visits {url!r}, because its port belongs to another service."),
    ("ERR_ABORTED", "{url!r} answers without a page."),
    ("invalid URL", "{url!r} is not an address that a browser can open; check its spelling."),
    ("Download is starting", "{url!r} is a download, not a web page."),
    ("Page crashed", "{url!r} crashes its tab."),
    ("Timeout", "{url!r} did not answer within {timeout:g} s; try again later."),
)
_NAMES: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "ERR_NAME_NOT_RESOLVED"),
    (ssl.SSLCertVerificationError, "ERR_CERT_INVALID"),
    (ssl.SSLError, "ERR_SSL_PROTOCOL_ERROR"),
    (ConnectionRefusedError, "ERR_CONNECTION_REFUSED"),
    (http.client.RemoteDisconnected, "ERR_EMPTY_RESPONSE"),
    (ConnectionError, "ERR_CONNECTION_RESET"),
    (http.client.HTTPException, "ERR_INVALID_HTTP_RESPONSE"),
)


def why_not_visited(error: Exception, url: str, *, timeout: float) -> str:
    """Return one sentence on why *url* could not be visited; *timeout* is what it was given, in seconds."""
    message = _message(error).replace(url, "")  # an address shall not be able to pass for an error
    found = re.search(r"ERR_\w+", message)
    code = found[0] if found else ""
    for mark, sentence in _SENTENCES:
        if mark in message:
            return sentence.format(host=_host(url), url=url, code=code, timeout=timeout)
    return f"{url!r} cannot be visited ({code or first_line(error)})."


def first_line(error: object) -> str:
    """Return what *error* says, in one line without a full stop."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")


def _message(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "Timeout"
    name = next((name for kind, name in _NAMES if isinstance(error, kind)), "")
    return name or str(error)


def _host(url: str) -> str:
    """Return host and port of *url* as they stand there, without any password; *url* itself where it has none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or url
    except ValueError:
        return url
