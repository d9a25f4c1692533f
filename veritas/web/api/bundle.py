"""Bundles: the evidence of an audit, to download."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from veritas.archive.run_selection import select_runs
from veritas.web.site import Site


class BundleRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to export.

    Attributes:
        audit: An audit, for all its runs, or the whole id of a run; see `GET /api/audit/{id}/status`.
    """

    audit: str


def bundle(site: Site, request: BundleRequest) -> Response:
    """Export an audit as a bundle that anyone can verify, as `veritas export` does, except that nothing is signed.

    The bundle is made and verified before the answer begins. A checkpoint must cover the events, as it does once a run
    has ended; `POST /api/v1/checkpoints` signs one.
    """
    selection = select_runs(site.archive, request.audit, site.resolve(request.audit))
    button = " or the button on the page Verify" if site.actions else ""
    remedy = f"the end of a run signs one, and so does `veritas checkpoint`{button}"
    return site.bundles.make(selection, remedy=remedy)
