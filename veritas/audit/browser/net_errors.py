"""One-sentence descriptions of network and browser errors.

Errors are known by Chromium's names.
"""

from __future__ import annotations

import re
import ssl
from urllib.parse import urlsplit

from veritas.audit.egress.failure import REFUSED, NetworkFailure, failure_name
from veritas.errors import MACHINE, PAGE, TAB

_SENTENCES = (
    (REFUSED, "The connection for {url!r} was refused: {reason}."),
    (
        "ERR_PROXY_CONNECTION_FAILED",
        "The proxy {proxy!r} cannot be reached, so {url!r} cannot be visited; is it running, and is its address right?",
    ),
    (
        "ERR_PROXY_CERTIFICATE_INVALID",
        "The TLS certificate of the proxy {proxy!r} is not valid, so {url!r} cannot be visited.",
    ),
    (
        "ERR_PROXY_AUTH_",
        "The proxy {proxy!r} requires a login for {url!r}; write a user name and a password before its host.",
    ),
    (
        "ERR_TUNNEL_CONNECTION_FAILED",
        "The proxy {proxy!r} makes no connection to {host!r}, so {url!r} cannot be visited; does it know the host and "
        "allow it?",
    ),
    (
        "ERR_SOCKS_CONNECTION_",
        "The proxy {proxy!r} makes no connection to {host!r}, so {url!r} cannot be visited; does it know the host and "
        "allow it?",
    ),
    ("ERR_ALPN_NEGOTIATION_FAILED", "{host!r} speaks HTTP/2 only, so {url!r} can be read in a browser only."),
    ("ERR_NAME_NOT_RESOLVED", "The host {host!r} cannot be resolved; check the spelling of {url!r}."),
    ("ERR_NAME_RESOLUTION_FAILED", "No name server answers for {host!r} of {url!r}; are you online?"),
    ("ERR_INTERNET_DISCONNECTED", "The network is down, so {url!r} cannot be visited; are you online?"),
    ("ERR_CONNECTION_REFUSED", "{host!r} refuses the connection, so {url!r} cannot be visited; is its server running?"),
    ("ERR_CONNECTION_TIMED_OUT", "{host!r} does not answer, so {url!r} cannot be visited; is it the right address?"),
    ("ERR_EMPTY_RESPONSE", "{host!r} closed the connection without an answer, so {url!r} cannot be visited."),
    ("ERR_CONNECTION_RESET", "{host!r} reset the connection, so {url!r} cannot be visited."),
    ("ERR_CERT_", "The TLS certificate of {host!r} is not valid ({code}), so {url!r} cannot be visited safely."),
    ("ERR_SSL_", "No TLS connection to {host!r} can be made ({code}) for {url!r}; does it need http:// instead?"),
    ("ERR_TOO_MANY_REDIRECTS", "{url!r} redirects in a loop and never leads to a page."),
    ("ERR_UNSAFE_REDIRECT", "{url!r} redirects to an address that no web page may lead to."),
    ("ERR_UNSAFE_PORT", "No browser visits {url!r}, because its port belongs to another service."),
    ("ERR_ABORTED", "{url!r} answers without a page."),
    ("invalid URL", "{url!r} is not an address that a browser can open; check its spelling."),
    ("Download is starting", "{url!r} is a download, not a web page."),
    ("Page crashed", "The tab of {url!r} crashed; run the audit again."),
    ("ERR_NETWORK_CHANGED", "The network changed during the visit to {url!r}; run the audit again."),
    ("ERR_INSUFFICIENT_RESOURCES", "This machine has too few resources to visit {url!r}; close other programs."),
    ("ERR_OUT_OF_MEMORY", "This machine has too little memory to visit {url!r}; close other programs."),
    ("ERR_FILE_NO_SPACE", "This machine has no space on its disk to visit {url!r}; free some."),
    ("Timeout", "{url!r} did not answer within {timeout:g} s; try again later."),
)
_OF_THE_MACHINE = (
    "ERR_NAME_RESOLUTION_FAILED",
    "ERR_INTERNET_DISCONNECTED",
    "ERR_NETWORK_CHANGED",
    "ERR_NETWORK_ACCESS_DENIED",
    "ERR_PROXY_",
    "ERR_INSUFFICIENT_RESOURCES",
    "ERR_OUT_OF_MEMORY",
    "ERR_FILE_NO_SPACE",
)


def describe_failure(error: Exception, url: str, *, timeout: float) -> str:
    """Return one sentence that says why *url* could not be visited.

    Args:
        timeout: The seconds that the visit was given.
    """
    message = _message(error).replace(url, "")  # so that an error's name in the URL is not taken for the error
    proxy, reason = (error.proxy, error.reason) if isinstance(error, NetworkFailure) else ("egress guard", "")
    match = re.search(r"ERR_\w+", message)
    code = match[0] if match else ""
    for mark, sentence in _SENTENCES:
        if mark in message:
            return sentence.format(host=_host(url), url=url, code=code, timeout=timeout, proxy=proxy, reason=reason)
    return f"{url!r} cannot be visited ({reason or code or first_line(error)})."


def kind_of_failure(error: Exception) -> str:
    """Return the kind of the PageError for a visit that failed with *error*."""
    message = _message(error)
    if "Page crashed" in message:
        return TAB
    return MACHINE if any(name in message for name in _OF_THE_MACHINE) else PAGE


def code_of_failure(error: Exception) -> str:
    """Return Chromium's name of the network's error that *error* is, such as `ERR_TIMED_OUT`; else an empty string."""
    message = _message(error)
    match = re.search(r"ERR_\w+", message)
    return match[0] if match else "ERR_TIMED_OUT" if message.startswith("Timeout") else ""


def first_line(error: object) -> str:
    """Return the first line of *error*'s message, without a full stop."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")


def _message(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "Timeout"
    if isinstance(error, ssl.SSLError) and "no application protocol" in str(error).lower().replace("_", " "):
        return "ERR_ALPN_NEGOTIATION_FAILED"
    return failure_name(error) or str(error)


def _host(url: str) -> str:
    """Return the host and port of *url* as written, without a password; *url* itself if it has no host."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or url
    except ValueError:
        return url
