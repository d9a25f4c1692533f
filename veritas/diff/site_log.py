"""A site's recordings, out of the log."""

from __future__ import annotations

from collections.abc import Callable

from veritas.archive.archive import Archive
from veritas.archive.liveness import runs_now
from veritas.diff.address import Page, SiteAddress
from veritas.diff.rules import Rules
from veritas.diff.site import SiteHistory, site_history
from veritas.diff.site_recording import site_recording
from veritas.errors import UsageError
from veritas.projections.audit_state import ABANDONED, AuditState

Progress = Callable[[int, int], None]


def history_in_log(
    archive: Archive,
    site: SiteAddress,
    *,
    progress: Progress = lambda done, total: None,
    catching_up: Progress = lambda done, total: None,
) -> SiteHistory:
    """Return what changed on a site over all recordings of it.

    Args:
        archive: The log.
        site: Which site.
        progress: Is told how many recordings are read, of how many.
        catching_up: Is told how far the read model of the runs has caught up, and where the log ends.

    Raises:
        UsageError: There is no recording of it.
    """
    rows = runs_now(archive, status=None, limit=None, progress=catching_up)
    pages = {row.run_id: page for row in rows if row.url and (page := Page.of(row.url))}
    wanted = [row for row in rows if row.run_id in pages and pages[row.run_id] in site]
    if not wanted:
        nearest = ", ".join(map(repr, site.nearest(pages.values())))
        hint = f"the nearest recorded: {nearest}" if nearest else "`veritas list` shows what is recorded"
        raise UsageError(f"Nothing is recorded of {site.text!r} in {archive.log.describe()!r}; {hint}.")
    rules = Rules.of()
    recordings = []
    for done, row in enumerate(wanted, 1):
        state = AuditState.of(archive.events(row.run_id))
        if row.status == ABANDONED:
            state.abandon()
        recordings.append(site_recording(state, pages[row.run_id], rules))
        progress(done, len(wanted))
    return site_history(site, recordings)
