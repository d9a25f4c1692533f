"""AuditRequest: how the audits of a batch are done, as the queue keeps it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import structs

from veritas.recording.audit_options import AuditOptions


class AuditRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How the audits of a batch are done.

    Attributes:
        tier: The name of the tier.
        tags: The tags of all the audits.
        options: The options as `AuditOptions.public` has them; a worker adds its own browser and its own proxy.
        per_host: The least pause between two audits of one host, in seconds.
    """

    tier: str
    tags: tuple[str, ...] = ()
    options: dict[str, Any] = {}
    per_host: float = 0.0

    @classmethod
    def of(cls, options: AuditOptions, *, tier: str, tags: tuple[str, ...], per_host: float) -> AuditRequest:
        """Return the request for these options, without those that are the worker's own."""
        shared = structs.replace(options, browser=None, proxy=None)
        return cls(tier=tier, tags=tags, options=shared.public(), per_host=per_host)

    @classmethod
    def read(cls, stored: object) -> AuditRequest:
        """Return the request that the queue has stored."""
        return msgspec.convert(stored, cls)

    def stored(self) -> dict[str, Any]:
        """Return what the queue stores."""
        stored: dict[str, Any] = msgspec.to_builtins(self)
        return stored

    def audit_options(self, *, browser: str | None, proxy: str | None) -> AuditOptions:
        """Return the options of an audit by a worker with this browser and this proxy.

        Raises:
            InvalidSetting: Another version of VERITAS submitted them, and this one cannot read them.
        """
        return structs.replace(AuditOptions.of_public(self.options), browser=browser, proxy=proxy)
