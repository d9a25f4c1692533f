"""A demo shop: its pages and files as it sends them, and its response headers.

A page is a file that begins with its `<title>`; `layout.html` is the frame of all pages of a shop. Both shops sell the
same goods, whose drawings are in `goods`. A page `cart.html` is served as `/cart`, `index.html` as `/`.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}

_HONEST_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Resource:
    """The content that is served at one path."""

    media_type: str
    body: bytes


@dataclass(frozen=True)
class Practice:
    """A shop's response headers and cookies.

    Attributes:
        software: The `Server` header.
        headers: Headers of every response.
        cookies: The attributes of each cookie that is set for a visitor who does not have it, by name.
        echoes_origin: Whether any other site may read its responses with the visitor's own cookies.
    """

    software: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    echoes_origin: bool


PRACTICES: Mapping[str, Practice] = {
    "crooked": Practice(
        software="Apache/2.4.6 (CentOS) PHP/5.6.40",
        headers={"X-Powered-By": "PHP/5.6.40", "Referrer-Policy": "unsafe-url", "Cache-Control": "no-cache"},
        cookies={"PHPSESSID": "Path=/", "visitor_id": "Path=/; Max-Age=315360000"},
        echoes_origin=True,
    ),
    "honest": Practice(
        software="Fernhill",
        headers={
            "Content-Security-Policy": _HONEST_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Embedder-Policy": "require-corp",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
            "Cache-Control": "no-cache",
        },
        # Browsers accept a Secure cookie over plain HTTP from loopback, where no other machine can listen.
        cookies={"session": "Path=/; Secure; HttpOnly; SameSite=Lax"},
        echoes_origin=False,
    ),
}


@dataclass(frozen=True)
class Shop:
    """One shop, wholly in memory; a path that is not in `resources` does not exist."""

    practice: Practice
    resources: Mapping[str, Resource]
    missing: Resource

    @property
    def pages(self) -> list[str]:
        """The paths of pages, without the files that pages use."""
        return [path for path, resource in self.resources.items() if resource.media_type == MEDIA_TYPES[".html"]]


def load_shop(name: str, *, opened_at: datetime) -> Shop:
    """Read the shop called *name* from the package; its offer ends at the end of the month of *opened_at*."""
    shops = files(__package__) / "shops"
    layout = (shops / name / "layout.html").read_text("utf-8")
    resources = {f"/goods/{file.name}": _file(file) for file in _files_in(shops / "goods")}
    for file in _files_in(shops / name):
        if file.name.endswith(".html"):
            path = "/" + file.name.removesuffix(".html")
            resources["/" if path == "/index" else path] = _page(layout, file.read_text("utf-8"), _offer_end(opened_at))
        else:
            resources[f"/{file.name}"] = _file(file)
    del resources["/layout"]
    return Shop(PRACTICES[name], resources, missing=resources.pop("/404"))


def _files_in(directory: Traversable) -> list[Traversable]:
    """List the files that a shop can serve; an editor or a desktop may have left other files in the directory."""
    return [file for file in directory.iterdir() if _suffix(file) in MEDIA_TYPES]


def _suffix(file: Traversable) -> str:
    return "." + file.name.rpartition(".")[2]


def _file(file: Traversable) -> Resource:
    return Resource(MEDIA_TYPES[_suffix(file)], file.read_bytes())


def _page(layout: str, page: str, offer_end: datetime) -> Resource:
    title, _, main = page.partition("\n")
    html = layout.replace("{{title}}", title).replace("{{main}}", main.rstrip())
    html = html.replace("{{offer_end}}", offer_end.isoformat().replace("+00:00", "Z"))
    html = html.replace("{{offer_end_day}}", f"{offer_end.day} {offer_end:%B}")
    return Resource(MEDIA_TYPES[".html"], html.encode("utf-8"))


def _offer_end(time: datetime) -> datetime:
    """Return the last second of the month of *time*, UTC."""
    time = time.astimezone(UTC)
    last_day = calendar.monthrange(time.year, time.month)[1]
    return time.replace(day=last_day, hour=23, minute=59, second=59, microsecond=0)
