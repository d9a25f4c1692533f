"""The network configuration of an audit: which of its connections go through the user's own proxies.

The configuration comes from `--proxy` or `VERITAS_PROXY`, else from `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY`.
`NO_PROXY` lists the hosts that are reached directly, in either case. The egress guard follows it for every connection.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from veritas.config import Settings
from veritas.default_ports import DEFAULT_PORTS, port_of
from veritas.errors import InvalidSetting

_SCHEMES = {"http": "http", "https": "https", "socks5": "socks5", "socks5h": "socks5"}  # the proxy resolves names

# This machine: a proxy from a variable is meant for the network beyond it (Chromium and Go do the same).
_LOOPBACK = "localhost,127.0.0.0/8,::1"

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Block = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Proxy:
    """A proxy server.

    Attributes:
        scheme: `http`, `https` or `socks5`.
        host: Its host name or IP address, without brackets.
        port: Its port.
        username: The name to log in with; None for a proxy without a login.
        password: The password to log in with.
    """

    scheme: str
    host: str
    port: int
    username: str | None = None
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str, name: str) -> Proxy:
        """Return the proxy that *text* describes: `[SCHEME://][USER:PASSWORD@]HOST[:PORT]`.

        Args:
            text: The proxy's URL; without a scheme it is an `http://` proxy, and needs a port.
            name: The option or the variable that it comes from, for an error.

        Raises:
            InvalidSetting: *text* does not describe a proxy.
        """
        start, slashes, rest = text.rpartition("://")
        shown = start + slashes + rest.rpartition("@")[2]  # an error must not repeat a password
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            host, port = parts.hostname, parts.port
            scheme = _SCHEMES.get(parts.scheme)
        except ValueError:
            host, scheme = None, None
        # Without a scheme and a port it may be anything, such as the file that someone mistyped.
        is_bare = "://" not in text and host is not None and port is None
        if (
            not (host and scheme and text.isprintable())
            or is_bare
            or parts.path not in ("", "/")
            or parts.query
            or port == 0
        ):
            raise InvalidSetting(
                f"{name} has {shown!r}, which is not a proxy; give http://HOST:PORT, https://HOST:PORT or "
                "socks5://HOST:PORT."
            )
        username = None if parts.username is None else unquote(parts.username)
        return cls(scheme, host, port or DEFAULT_PORTS[scheme], username, unquote(parts.password or ""))

    @property
    def url(self) -> str:
        """The proxy's URL, without the login."""
        return f"{self.scheme}://{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True)
class DirectHosts:
    """One entry of NO_PROXY: the hosts that are reached directly.

    Attributes:
        text: The entry: `example.com` (a domain and every name under it), an IP address, an address block such as
            `10.0.0.0/8`, a pattern with `*`, or `*` for every host.
        port: The only port that the entry is for; None for every port.
    """

    text: str
    port: int | None = None

    @classmethod
    def parse(cls, entry: str) -> DirectHosts:
        """Return the hosts that *entry* names; a dot or `*.` before a domain changes nothing."""
        if _block(entry):
            return cls(entry.lower())
        if match := re.fullmatch(r"(\[[^\]]*\]|[^:]*):([0-9]{1,5})", entry):
            entry, port = match[1], int(match[2])
        else:
            port = None
        return cls(entry.strip("[]").lower().removeprefix("*.").lstrip(".").rstrip("."), port)

    def has(self, host: str, port: int) -> bool:
        """Return whether *host* is reached directly on *port*."""
        if self.port not in (None, port):
            return False
        address, block = _address(host), _block(self.text)
        if block:
            return address is not None and address in block
        if "*" in self.text:
            return bool(re.fullmatch(".*".join(map(re.escape, self.text.split("*"))), host))
        return host == self.text or (address is None and host.endswith(f".{self.text}"))

    def __str__(self) -> str:
        return self.text if self.port is None else f"{_bracketed(self.text)}:{self.port}"


@dataclass(frozen=True)
class Network:
    """How an audit reaches the network.

    Attributes:
        http: The proxy for http: URLs; None to reach them directly.
        https: The proxy for https: URLs; None to reach them directly.
        direct: The hosts that are reached directly nevertheless.
    """

    http: Proxy | None = None
    https: Proxy | None = None
    direct: tuple[DirectHosts, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Network:
        """Return the network that *settings* describe.

        Raises:
            InvalidSetting: A setting does not describe a proxy.
        """
        if settings.proxy:
            proxy = Proxy.parse(settings.proxy, "--proxy (VERITAS_PROXY)")
            return cls(proxy, proxy, _direct_hosts(settings.no_proxy))
        http, https = (
            Proxy.parse(text, name) if text else None
            for text, name in (
                (settings.http_proxy or settings.all_proxy, "HTTP_PROXY" if settings.http_proxy else "ALL_PROXY"),
                (settings.https_proxy or settings.all_proxy, "HTTPS_PROXY" if settings.https_proxy else "ALL_PROXY"),
            )
        )
        return cls(http, https, _direct_hosts(f"{settings.no_proxy or ''},{_LOOPBACK}"))

    @property
    def proxies(self) -> tuple[Proxy, ...]:
        """The proxies in use, each once."""
        return tuple(dict.fromkeys(proxy for proxy in (self.http, self.https) if proxy))

    def proxy_for(self, url: str) -> Proxy | None:
        """Return the proxy for *url*, an http: or https: URL; None if its host is reached directly."""
        parts = urlsplit(url)
        proxy = {"http": self.http, "https": self.https}.get(parts.scheme)
        host = (parts.hostname or "").rstrip(".")
        port = port_of(parts)
        return None if proxy is None or any(hosts.has(host, port) for hosts in self.direct) else proxy


DIRECT = Network()  # without any proxy


def _direct_hosts(text: str | None) -> tuple[DirectHosts, ...]:
    entries = (DirectHosts.parse(entry) for entry in re.split(r"[\s,;|]+", text or "") if entry)
    return tuple(hosts for hosts in dict.fromkeys(entries) if hosts.text)


def _block(text: str) -> _Block | None:
    """Return the address block that *text* names; an IP address is a block of one. `169.254/16` is a block too."""
    address, slash, length = text.strip("[]").partition("/")
    if slash and re.fullmatch(r"[0-9]+(\.[0-9]+){0,2}", address):
        address += ".0" * (3 - address.count("."))
    try:
        return ipaddress.ip_network(f"{address}{slash}{length}", strict=False)
    except ValueError:
        return None


def _address(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and "/" not in host else host
