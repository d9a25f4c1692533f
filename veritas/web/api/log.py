"""The log as a whole: its health."""

from __future__ import annotations

import msgspec

import veritas
from veritas.web.endpoint import Nothing
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
