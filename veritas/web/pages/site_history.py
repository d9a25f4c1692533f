"""The page *Site*: the score of a host over time, what changed when, and its audits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from veritas.diff.site.history import history_in_log
from veritas.diff.site.html import RecordingRow, history_values
from veritas.diff.site.recording import SiteRecording
from veritas.diff.site.url import Page, SiteAddress
from veritas.web.pages.addresses import compare_url
from veritas.web.pages.html import html
from veritas.web.site import Site
from veritas.web.threads import run_in_thread

_MOST_RECORDINGS = 100  # the latest ones


@dataclass(frozen=True)
class BeforeView:
    """The recording of the same page before one, which has a verdict: when it was made, and the comparison of both."""

    started: str
    url: str


@dataclass(frozen=True)
class AuditRow:
    """An audit of the site, and the one before."""

    recording: RecordingRow
    before: BeforeView | None


def route(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers for the page."""

    async def history(request: Request) -> Response:
        return await run_in_thread(page, site, request.path_params["host"])

    return history


def page(site: Site, host: str) -> Response:
    """Return the page of a host.

    Raises:
        InvalidUrl: It is not a host.
        UnknownSite: Nothing is recorded of it.
    """
    history = history_in_log(site.archive, SiteAddress.parse(host), most=_MOST_RECORDINGS)
    values = history_values(history)
    before = _before(history.recordings)
    rows = [AuditRow(row, each) for row, each in zip(values["recordings"], before, strict=True)]
    host_name = values.pop("site")
    return html("site_history.html", site=site, host=host_name, audits=rows[::-1], **values)


def _before(recordings: Sequence[SiteRecording]) -> list[BeforeView | None]:
    """Return for each recording, in the order of time, the latest one before it of the same page with a verdict."""
    latest: dict[Page, SiteRecording] = {}
    found: list[BeforeView | None] = []
    for recording in recordings:
        before = latest.get(recording.page)
        url = compare_url(before.ref.run_id, recording.ref.run_id) if before else ""
        found.append(BeforeView(str(before.ref), url) if before else None)
        if recording.is_judged:
            latest[recording.page] = recording
    return found
