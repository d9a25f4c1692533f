"""The default ports of URL schemes, and the port of a URL with and without them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult

# Of the schemes that a page can have.
WEB_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
DEFAULT_PORTS: Mapping[str, int] = {**WEB_PORTS, "ws": 80, "wss": 443, "socks5": 1080}


def port_of(url: SplitResult) -> int:
    """Return the port that a URL leads to: the one that it names, or else the default port of its scheme.

    Returns:
        0 if it names none and its scheme has no default port.

    Raises:
        ValueError: The port is invalid.
    """
    return DEFAULT_PORTS.get(url.scheme, 0) if url.port is None else url.port


def own_port(url: SplitResult) -> int | None:
    """Return the port that a URL names; None if it names none, or the default port of its scheme.

    Raises:
        ValueError: The port is invalid.
    """
    return None if url.port == DEFAULT_PORTS.get(url.scheme) else url.port
