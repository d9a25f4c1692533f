"""The policy of the egress guard: which hosts that are not public an audit may connect to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from veritas.audit.egress.addresses import authority, is_loopback_name, literal_address, normal_host, special_range
from veritas.default_ports import WEB_PORTS, port_of
from veritas.errors import InvalidSetting


@dataclass(frozen=True)
class PrivateHost:
    """A host that an audit may connect to although it is not public.

    Attributes:
        host: Its name or address, in the normal spelling. A name is opened at whatever addresses it has, and an address
            under no other name.
        port: The only port that is opened; None for every port.
    """

    host: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> PrivateHost:
        """Return the host that *text* names: `HOST` or `HOST:PORT`, with brackets around an IPv6 address with a port.

        Raises:
            InvalidSetting: *text* does not name a host.
        """
        host, port = text, None
        if match := re.fullmatch(r"(\[[^\]]*\]|[^:]*):([0-9]{1,5})", text):
            host, port = match[1], int(match[2])
        bare = normal_host(host)
        is_name = re.fullmatch(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*", bare)
        if not (literal_address(bare) or is_name) or not (port is None or 0 < port < 65_536):
            raise InvalidSetting(
                f"--allow-private has {text!r}, which is not a host; give HOST or HOST:PORT, such as 10.0.0.5:8080."
            )
        return cls(bare, port)

    def __str__(self) -> str:
        return self.host if self.port is None else authority(self.host, self.port)


@dataclass(frozen=True)
class EgressPolicy:
    """Which hosts that are not public an audit may connect to.

    Attributes:
        opened: The hosts that it may connect to.
    """

    opened: tuple[PrivateHost, ...] = ()

    def opens(self, host: str, port: int) -> bool:
        """Return whether *host*, in its normal spelling, may be reached on *port* at any address."""
        return any(host == opened.host and opened.port in (None, port) for opened in self.opened)

    def for_target(self, url: str) -> EgressPolicy:
        """Return this policy with the target of an audit opened, if that is local."""
        return replace(self, opened=tuple(dict.fromkeys((*self.opened, *local_target(url)))))


PUBLIC_ONLY = EgressPolicy()


def local_target(url: str) -> tuple[PrivateHost, ...]:
    """Return what the target of an audit opens of itself: its host on its port, if the host is local.

    A host is local if it is an address that is not public, or a name that is never on the public internet. A public
    name that leads to a private address is not local: who lists names of strangers would let any of them choose an
    address of this network. The default ports open each other, so that http: can lead to https: and back.
    """
    from veritas.audit.identity.domains import host_of  # it loads the list of public suffixes

    host = host_of(url)
    if host is None:
        return ()
    name, address = normal_host(host.name), literal_address(host.name)
    is_local = special_range(address) is not None if address else is_loopback_name(name) or host.kind == "local"
    if not is_local:
        return ()
    split = urlsplit(url)
    port = port_of(split)
    ports = WEB_PORTS.values() if port in WEB_PORTS.values() else (port,)
    return tuple(PrivateHost(name, each) for each in ports)
