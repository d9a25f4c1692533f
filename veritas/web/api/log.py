"""The log as a whole: health and verification."""

from __future__ import annotations

from typing import Any

import msgspec

import veritas
from veritas.archive.integrity import verification_fields, verify_log
from veritas.web.endpoint import Nothing
from veritas.web.problem import Problem
from veritas.web.site import Site


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The health of the server.

    Attributes:
        status: Always `ok`: if the log cannot be read, the answer is an error.
        version: The version of VERITAS.
        position: The last position of the log.
        actions: Whether the server allows actions.
    """

    status: str
    version: str
    position: int
    actions: bool


def health(site: Site, request: Nothing) -> Health:
    """Return whether the server can read its log."""
    position = site.archive.log.head()
    return Health(status="ok", version=veritas.__version__, position=position, actions=site.actions is not None)


class VerifyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to verify.

    Attributes:
        run: A run; null for the whole log.
    """

    run: str | None = None


def verify(site: Site, request: VerifyRequest) -> dict[str, Any]:
    """Verify the log, or one run, as `veritas verify --format json` does."""
    run_id = None if request.run is None else site.resolve(request.run)
    if not site.verifying.acquire(blocking=False):
        raise Problem(429, "A verification runs already; wait until it has ended.")
    try:
        return verification_fields(verify_log(site.archive, run_id, trusted=site.trusted))
    finally:
        site.verifying.release()
