"""Hosts: the names under which a server of this machine answers.

A page of another site can make its own name lead to this machine (DNS rebinding), and then it asks the server as if it
were its own. It cannot choose the `Host` that the browser sends, which is that name. So a name that is not the
server's is refused; an IP address is not, because no name was looked up for it.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_every_address(host: str) -> bool:
    """Return whether a server that is bound to a host listens at every address of this machine."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def url_of(host: str, port: int) -> str:
    """Return the URL at which a browser of this machine reaches a server that is bound to a host."""
    if is_every_address(host):
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def is_host_name(name: str) -> bool:
    """Return whether the `Host` of a request can have this name or IP address: not a URL, a port, a wildcard."""
    if re.fullmatch(r"[\w.-]+", name, re.ASCII):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class Hosts:
    """The hosts that a server answers for."""

    def __init__(self, bound: str, allowed: Iterable[str] = ()) -> None:
        """Answer for the address that the server is bound to, and for further names.

        Args:
            bound: The address or name that it is bound to.
            allowed: Further names, such as that of a proxy before it.
        """
        self._public = not is_loopback(bound)
        names = {*LOOPBACK_NAMES, bound.lower(), *(name.lower() for name in allowed)}
        if self._public:
            names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
        self._names = names

    def knows(self, host: str) -> bool:
        """Return whether the server answers for the `Host` of a request."""
        name = _name_of(host)
        if name is None:
            return False
        if name in self._names:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return self._public


def is_same_origin(origin: str, host: str) -> bool:
    """Return whether the `Origin` of a request is the server itself, given its `Host`; `null` is not."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _name_of(host: str) -> str | None:
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.netloc != host or "@" in host:
        return None
    return parts.hostname
