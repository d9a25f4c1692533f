"""Origins: which URLs are trustworthy, on this machine, or of the same site (W3C Secure Contexts)."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from veritas.audit.egress.addresses import normal_host
from veritas.audit.identity.domains import host_of, same_site
from veritas.default_ports import port_of

_ENCRYPTED = ("https", "wss")
_OVER_THE_NETWORK = ("http", "https", "ws", "wss", "ftp")


def is_loopback(url: str) -> bool:
    """Return whether *url* leads to this machine itself: localhost and names under it, 127.0.0.0/8, ::1."""
    host = host_of(url)
    if host is None:
        return False
    if host.is_address:
        return ipaddress.ip_address(host.name).is_loopback
    return host.name == "localhost" or host.name.endswith(".localhost")


def is_trustworthy(url: str) -> bool:
    """Return whether data to and from *url* is encrypted on the network, or never crosses the network."""
    scheme = scheme_of(url)
    return scheme in _ENCRYPTED or scheme not in _OVER_THE_NETWORK or is_loopback(url)


def is_same_site(url: str, other: str) -> bool:
    """Return whether both URLs have the same registrable domain or, if they have none, the same host."""
    one, two = host_of(url), host_of(other)
    return one is not None and two is not None and same_site(one, two)


def is_same_origin(url: str, other: str) -> bool:
    """Return whether both URLs have the same scheme, host and port."""
    try:
        one, two = urlsplit(url), urlsplit(other)
        return _origin(one) == _origin(two)
    except ValueError:
        return False


def _origin(url: SplitResult) -> tuple[str, str, int]:
    return url.scheme, normal_host(url.hostname or ""), port_of(url)


def scheme_of(url: str) -> str:
    """Return the scheme of *url* in lower case, or "" if it has none."""
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:
        return ""
