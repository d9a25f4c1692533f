"""The page *Compare*: two audits side by side, or the two transports of one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from store.errors import ArtifactAltered, ArtifactMissing
from veritas.archive.integrity import describe_fault, find_fault
from veritas.archive.liveness import list_runs
from veritas.core.mode_decision import IPC_MODE_VALIDATE
from veritas.diff import Rules
from veritas.diff.html.page import comparison_values, transport_values
from veritas.diff.pixel_diff import picture_size
from veritas.diff.run_comparison import compare_runs
from veritas.diff.site.url import Page
from veritas.diff.summary import WORDS
from veritas.diff.transports.tee import compare_transports
from veritas.errors import UsageError
from veritas.formatting import utc_time
from veritas.report.chips import Chip, status_chip
from veritas.web.pages.addresses import compare_url, site_url
from veritas.web.pages.html import html
from veritas.web.pages.leads import MOST_LEADS, leads_of
from veritas.web.pages.slider import LayerView, artifact_address, sliders
from veritas.web.problem import Problem, status_of
from veritas.web.site import Site
from veritas.web.threads import run_in_thread

_MOST_EVENTS = 200  # of a category that are shown
_MOST_AUDITS = 20  # to choose from
_Values = dict[str, Any]


@dataclass(frozen=True)
class ChoiceView:
    """An audit to choose.

    Attributes:
        run_id: The run.
        url: What was audited.
        started: When it was requested.
        status: Its status.
        site: The address of the page of its site; None if it is not of a web page.
        is_tee: Whether its events went over both transports.
    """

    run_id: str
    url: str | None
    started: str | None
    status: Chip
    site: str | None
    is_tee: bool


def route(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers for the page."""

    async def compare(request: Request) -> Response:
        return await run_in_thread(page, site, dict(request.query_params))

    return compare


def page(site: Site, given: Mapping[str, str]) -> Response:
    """Return the page for the values of its form; what is wrong with them is said above the form."""
    a, b = (given.get(name, "").strip() for name in "ab")
    common: _Values = {"site": site, "given_a": a, "given_b": b}
    try:
        if a and b:
            return html("compare.html", **common, **_comparison(site, a, b))
        if a:
            return html("compare_transports.html", **common, **_transports(site, a, _offset(given)))
        fault, status = ("Give the first audit too.", 400) if b else (None, 200)
    except (UsageError, Problem) as error:
        fault, status = str(error), status_of(error) or 400
    return html("compare_choice.html", status=status, **common, fault=fault, choices=_choices(site))


def _comparison(site: Site, a: str, b: str) -> _Values:
    run_a, run_b = (site.resolve(audit) for audit in (a, b))
    comparison = compare_runs(site.archive, run_a, run_b, Rules.of())
    return {
        **comparison_values(comparison, words=WORDS, most=_MOST_EVENTS),
        "screenshots": list(sliders(comparison.screenshots, picture=partial(_picture, site))),
        "faults": _faults(site, run_a, run_b),
        "swapped": compare_url(run_b, run_a),
        "torn": [(run, compare_url(run)) for run in comparison.torn],
    }


def _transports(site: Site, audit: str, offset: int) -> _Values:
    run_id = site.resolve(audit)
    both = compare_transports(site.archive, run_id)
    leads = leads_of(site.archive, run_id, both.latency, offset)
    following = offset + MOST_LEADS
    return {
        **transport_values(both),
        "leads": leads,
        "further": leads.facts,
        "faults": _faults(site, run_id),
        "previous": compare_url(run_id, offset=max(offset - MOST_LEADS, 0)) if offset else None,
        "next": compare_url(run_id, offset=following) if following < leads.total else None,
    }


def _offset(given: Mapping[str, str]) -> int:
    text = given.get("offset", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise Problem(400, f"'offset' is {text!r:.100}, and not a number of events; give one, or leave it out.")
    return int(text)


def _faults(site: Site, *runs: str) -> list[str]:
    found = [find_fault(site.archive, run) for run in dict.fromkeys(runs)]
    return [describe_fault(fault) for fault in found if fault is not None]


def _picture(site: Site, sha256: str) -> LayerView | str:
    try:
        data = site.archive.artifact(sha256)
    except (ArtifactMissing, ArtifactAltered) as error:
        return f"The picture cannot be shown: {error}"
    return LayerView(artifact_address(sha256), picture_size(data))


def _choices(site: Site) -> list[ChoiceView]:
    return [
        ChoiceView(
            row.run_id,
            row.url,
            utc_time(row.started_at),
            status_chip(row.status),
            site_url(of.host) if row.url and (of := Page.of(row.url)) else None,
            row.configured == IPC_MODE_VALIDATE,
        )
        for row in list_runs(site.archive, limit=_MOST_AUDITS)
    ]
