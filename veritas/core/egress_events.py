"""The summaries of what the egress guard did: a connection that it refused, and the whole of an audit."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from veritas.audit.egress.guard import Guard
from veritas.audit.egress.refusal import Refusal


class RefusedConnection(msgspec.Struct, frozen=True):
    """A connection that the egress guard refused.

    Attributes:
        host: The host that was asked for, in its normal spelling.
        port: The port.
        address: The address that is not allowed.
        range: The range of that address, such as `loopback`, `private` or `cloud metadata`.
        literal: Whether the host is an address or a name of this machine; otherwise a resolver gave the address.
        reason: Why, as a phrase.
    """

    host: str
    port: int
    address: str
    range: str
    literal: bool
    reason: str

    @classmethod
    def of(cls, refusal: Refusal) -> RefusedConnection:
        """Return the summary of *refusal*."""
        return cls(refusal.host, refusal.port, refusal.address, refusal.range, refusal.is_literal, refusal.reason)


class RefusalFields(msgspec.Struct, frozen=True):
    """The own fields of `<phase>/egress_refused`; each host and port has one such event, and at most 100 have.

    Attributes:
        refusal: The first connection to that host and port that was refused.
    """

    refusal: RefusedConnection


class EgressOutcome(msgspec.Struct, frozen=True):
    """What an audit connected to.

    Attributes:
        hosts: Every host and port that anything asked to be connected to, as `HOST:PORT`, sorted.
        hosts_left_out: How many requests for a connection were to further hosts, which are not listed.
        refused: How many connections were refused.
        refusals: The first of each host and port, at most 100, sorted.
        received: The bytes that servers sent.
    """

    hosts: list[str]
    hosts_left_out: int
    refused: int
    refusals: list[RefusedConnection]
    received: int

    @classmethod
    def of(cls, guard: Guard) -> EgressOutcome:
        """Return what *guard* has seen so far."""
        ordered = sorted(guard.refusals, key=attrgetter("host", "port"))
        refusals = [RefusedConnection.of(refusal) for refusal in ordered]
        return cls(guard.hosts, guard.hosts_left_out, guard.refused, refusals, guard.received)
