"""Browsers that reach the servers of the tests, which are on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any

from veritas.audit.browser import Browser, open_browser
from veritas.audit.egress.addresses import Address
from veritas.audit.egress.guard import Guard
from veritas.audit.egress.policy import EgressPolicy, PrivateHost
from veritas.audit.egress.resolver import ask_system
from veritas.audit.egress.thread import open_guard
from veritas.audit.network import DIRECT, Network

# Names that lead to this machine, behind the guard that these functions open.
NAMES = ("shop.example.com", "xn--bcher-kva.example.com", "a.wild.example.com", "www.acme.com")
LOOPBACK = EgressPolicy(tuple(PrivateHost(host) for host in ("127.0.0.1", "::1", "localhost", *NAMES)))


async def resolve(name: str) -> Sequence[Address]:
    """Return the addresses of *name*; those of `NAMES` are on this machine."""
    return (ip_address("127.0.0.1"),) if name in NAMES else await ask_system(name)


@asynccontextmanager
async def open_local_guard(network: Network = DIRECT) -> AsyncIterator[Guard]:
    """Open a guard that opens this machine."""
    async with open_guard(LOOPBACK, network=network, resolve=resolve) as guard:
        yield guard


@asynccontextmanager
async def open_local_browser(
    executable: str | None = None, *, network: Network = DIRECT, **options: Any
) -> AsyncIterator[Browser]:
    """Open a browser behind a guard that opens this machine; *options* are those of `open_browser`."""
    async with open_local_guard(network) as guard, open_browser(executable, guard=guard, **options) as browser:
        yield browser
