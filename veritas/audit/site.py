"""Which addresses belong to the site under audit."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from veritas.audit.identity.domains import host_of


@dataclass(frozen=True)
class Site:
    """What one owner answers for: a registrable domain or, where there is none, one host and port.

    Ports count only there: what listens on another port of `localhost` is seldom the same site.

    Attributes:
        name: `example.co.uk`, `127.0.0.1:8080`, `intranet`.
    """

    name: str

    @classmethod
    def of(cls, url: str) -> Site:
        """Return the site that *url* belongs to; one without a name, which has nothing, where it names no host."""
        try:
            host, port = host_of(url), urlsplit(url).port
        except ValueError:
            return cls("")
        if host is None:
            return cls("")
        return cls(host.registrable or (f"{host.name}:{port}" if port else host.name))

    def has(self, url: str) -> bool:
        """Say whether *url* belongs to this site."""
        return bool(self.name) and Site.of(url) == self
