"""The Site, which groups the URLs that belong to one site."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from veritas.audit.identity.domains import host_of


@dataclass(frozen=True)
class Site:
    """A registrable domain or, for a host without one, the host and port.

    For a registrable domain the port does not count. Without one it does, because another port of `localhost` is seldom
    the same site.

    Attributes:
        name: `example.co.uk`, `127.0.0.1:8080`, `intranet`.
    """

    name: str

    @classmethod
    def of(cls, url: str) -> Site:
        """Return the site of *url*; a site with an empty name, to which no URL belongs, if *url* has no host."""
        try:
            host, port = host_of(url), urlsplit(url).port
        except ValueError:
            return cls("")
        if host is None:
            return cls("")
        return cls(host.registrable or (f"{host.name}:{port}" if port else host.name))

    def has(self, url: str) -> bool:
        """Return whether *url* belongs to this site."""
        return bool(self.name) and Site.of(url) == self
