"""Where an audit leads: to the page of its site, and to the comparison with the audit of the same page before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from store.log import RunFilter, UrlFilter
from veritas.archive.archive import Archive
from veritas.archive.liveness import list_runs
from veritas.diff.site.url import Page
from veritas.events.recorder_events import COMPLETED
from veritas.formatting import utc_time
from veritas.projections.url_key import url_key
from veritas.web.pages.addresses import compare_url, site_url

_MOST = 100  # completed audits of a host that are searched: a list asks for those of many hosts whenever the log grows


class Subject(NamedTuple):
    """A run that may lead to others: its id, what it audited, and when it was requested (seconds since the epoch)."""

    run_id: str
    url: str | None
    started_at: float | None


@dataclass(frozen=True)
class Related:
    """The pages that an audit leads to.

    Attributes:
        host: The host of its site.
        site: The address of the page of its site.
        comparison: The address of the comparison with the audit before; None if there is none with a verdict among the
            latest ones of the host.
        before: When that one was requested.
    """

    host: str
    site: str
    comparison: str | None = None
    before: str | None = None


class _Earlier(NamedTuple):
    """A completed audit with a verdict."""

    run_id: str
    page: Page | None
    started_at: float


def related(archive: Archive, runs: Sequence[Subject]) -> list[Related | None]:
    """Return the pages that runs lead to; None for a run that is not of a web page."""
    latest: dict[str, float] = {}
    for run in runs:
        host, _ = url_key(run.url)
        if host is not None and run.started_at is not None:
            latest[host] = max(latest.get(host, run.started_at), run.started_at)
    earlier = {host: list(_completed(archive, host, until)) for host, until in latest.items()}
    return [_related(run, earlier.get(url_key(run.url)[0] or "", ())) for run in runs]


def _completed(archive: Archive, host: str, until: float) -> Iterator[_Earlier]:
    """Yield the latest completed audits of a host before a time, the newest first."""
    wanted = RunFilter(statuses=(COMPLETED,), url=UrlFilter(host=host), until=until)
    for row in list_runs(archive, wanted, limit=_MOST):
        if row.risk_level is not None and row.started_at is not None:
            yield _Earlier(row.run_id, Page.of(row.url or ""), row.started_at)


def _related(run: Subject, earlier: Iterable[_Earlier]) -> Related | None:
    page = Page.of(run.url or "")
    if page is None:
        return None
    for each in earlier:
        is_before = run.started_at is not None and each.started_at < run.started_at
        if each.page == page and is_before and each.run_id != run.run_id:
            comparison = compare_url(each.run_id, run.run_id)
            return Related(page.host, site_url(page.host), comparison, utc_time(each.started_at))
    return Related(page.host, site_url(page.host))
