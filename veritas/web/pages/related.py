"""Where an audit leads: to the page of its site, and to the comparison with the audit of the same page before it."""

from __future__ import annotations

from dataclasses import dataclass

from store.log import RunFilter
from veritas.archive.archive import Archive
from veritas.archive.liveness import list_runs
from veritas.diff.site.url import Page
from veritas.events.recorder_events import COMPLETED
from veritas.formatting import utc_time
from veritas.projections.url_key import url_filter
from veritas.web.pages.addresses import compare_url, site_url

_MOST = 5  # completed runs before an audit that are searched for a verdict


@dataclass(frozen=True)
class Related:
    """The pages that an audit leads to.

    Attributes:
        host: The host of its site.
        site: The address of the page of its site.
        comparison: The address of the comparison with the audit before; None if there is none with a verdict.
        before: When that one was requested.
    """

    host: str
    site: str
    comparison: str | None
    before: str | None


def related(archive: Archive, run_id: str, url: str | None, started_at: float | None) -> Related | None:
    """Return the pages that a run leads to; None if it is not of a web page.

    Args:
        archive: The log.
        run_id: The run.
        url: What it audited.
        started_at: When it was requested, in seconds since the epoch.
    """
    page = Page.of(url or "")
    if page is None or url is None:
        return None
    comparison = before = None
    if started_at is not None:
        of_page = url_filter(url)._replace(scheme=None)
        earlier = RunFilter(statuses=(COMPLETED,), url=of_page, until=started_at)
        for row in list_runs(archive, earlier, limit=_MOST):
            if row.run_id != run_id and row.risk_level is not None:
                comparison, before = compare_url(row.run_id, run_id), utc_time(row.started_at)
                break
    return Related(page.host, site_url(page.host), comparison, before)
