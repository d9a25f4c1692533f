"""A name server on loopback, built with dnspython, that answers from a dictionary, with an error, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[str, Mapping[str, Sequence[str]]]


class NameServer(asyncio.DatagramProtocol):
    """A name server that answers queries from *zone*: name -> type -> records.

    Attributes:
        silent: The names whose queries are not answered.
        failing: The names whose queries are answered with SERVFAIL.
        queries: (name, type) of each query so far.
    """

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.silent: set[str] = set()
        self.failing: set[str] = set()
        self.queries: list[tuple[str, str]] = []
        self.resolver = dns.asyncresolver.Resolver(configure=False)

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Keep the transport for the answers."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one query."""
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.queries.append((name, kind))
        if name in self.silent:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        if name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.zone:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif records := self.zone[name].get(kind):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def name_server(zone: Zone) -> AsyncIterator[NameServer]:
    """Run a name server; its attribute `resolver` queries it."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: NameServer(zone), local_addr=("127.0.0.1", 0))
    server.resolver.nameservers = ["127.0.0.1"]
    server.resolver.port = transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        transport.close()
