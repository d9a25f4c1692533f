"""A connection that the egress guard refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """A connection that was refused.

    Attributes:
        host: The host that was asked for, in its normal spelling.
        port: The port.
        address: The address that is not allowed.
        range: The range of that address, such as `loopback`.
        is_literal: Whether the host was an address or a name of this machine; otherwise a resolver gave the address.
        reason: Why, as a phrase.
    """

    host: str
    port: int
    address: str
    range: str
    is_literal: bool
    reason: str
