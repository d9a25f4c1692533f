"""AuditRequest: how the audits of a batch are done, as the queue keeps it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import structs

from veritas.recording.audit_options import AuditOptions

# What a worker decides itself: a program that it would run, and an address that may have a password.
_OF_THE_WORKER = ("browser", "proxy", "login")


class AuditRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How the audits of a batch are done.

    Attributes:
        tier: The name of the tier.
        tags: The tags of all the audits.
        options: The options that differ from the defaults; a worker adds its own browser and proxy.
        per_host: The least pause between two audits of one host, in seconds.
    """

    tier: str
    tags: tuple[str, ...] = ()
    options: dict[str, Any] = {}
    per_host: float = 0.0

    @classmethod
    def of(cls, options: AuditOptions, *, tier: str, tags: tuple[str, ...], per_host: float) -> AuditRequest:
        """Return the request for these options, without those that are the worker's own."""
        return cls(tier=tier, tags=tags, options=_differing(options), per_host=per_host)

    @classmethod
    def read(cls, stored: object) -> AuditRequest:
        """Return the request that the queue has stored."""
        return msgspec.convert(stored, cls)

    def stored(self) -> dict[str, Any]:
        """Return what the queue stores."""
        stored: dict[str, Any] = msgspec.to_builtins(self)
        return stored

    def audit_options(self, *, browser: str | None, proxy: str | None) -> AuditOptions:
        """Return the options of an audit by a worker with this browser and this proxy."""
        return structs.replace(msgspec.convert(self.options, AuditOptions), browser=browser, proxy=proxy)


def _differing(options: AuditOptions) -> dict[str, Any]:
    chosen, default = msgspec.to_builtins(options), msgspec.to_builtins(AuditOptions())
    return {name: value for name, value in chosen.items() if name not in _OF_THE_WORKER and value != default[name]}
