"""The recorded fields of a request describe the request, its response, their times and their sizes."""

from __future__ import annotations

import gzip
import json
import time
from http.server import BaseHTTPRequestHandler

from tests.audit.conftest import Site
from tests.audit.test_scout import scouted
from tests.projections.recordings import Recording, requested
from tests.replay.formats.har_rules import check_har
from tests.replay.formats.writing import written
from veritas.audit.browser import Browser


async def test_requests_have_their_type_sizes_and_times(browser: Browser, site: Site) -> None:
    before = time.time() * 1000
    packed = gzip.compress(b"p {}" * 1000)
    site.page("/a.css", packed, headers={"Content-Type": "text/css", "Content-Encoding": "gzip"})
    site.redirect("/old.png", "/new.png")
    html = "<title>Tea</title><link rel=stylesheet href=/a.css><img src=/old.png><img src=/none.png>"
    async with await browser.visit(site.page("/", html)) as tab:
        requests = {request["url"].removeprefix(site.url("/")): request for request in tab.requests}
        document = tab.document
    style = requests["a.css"]
    assert (style["status_text"], style["mime_type"], style["content_encoding"]) == ("OK", "text/css", "gzip")
    assert style["sizes"]["responseBodySize"] == len(packed)
    assert (requests["old.png"]["status"], requests["old.png"]["location"]) == (302, "/new.png")
    assert (document["method"], document["status"], document["mime_type"]) == ("GET", 200, "text/html; charset=utf-8")
    assert document["sizes"]["responseBodySize"] == len(html)
    for request in (document, *requests.values()):
        assert before - 1000 < request["timing"]["startTime"] < time.time() * 1000
    assert 0 <= style["timing"]["requestStart"] <= style["timing"]["responseStart"] <= style["timing"]["responseEnd"]


async def test_a_failed_request_has_a_start_time_and_no_sizes(browser: Browser, site: Site) -> None:
    def reset(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    site.handle("/broken.js", reset)
    async with await browser.visit(site.page("/", "<script src=/broken.js></script>")) as tab:
        (request,) = (request for request in tab.requests if request["resource_type"] == "script")
    assert request["failure"] and request["status"] is None and request["sizes"] is None
    assert request["timing"]["startTime"] > 0


async def test_a_scouted_site_is_an_http_archive(browser: Browser, site: Site) -> None:
    """The archive has the redirects to the page, the page, and the requests of the page."""
    site.page("/a.css", "p {}", headers={"Content-Type": "text/css"})
    site.page("/end", "<title>Tea</title><link rel=stylesheet href=/a.css>")
    _, steps = await scouted(browser, site.redirect("/", "/end"))
    run = Recording()
    run.recorder(requested())
    run.child("scout", "page_loaded", seq=1, summary=steps.named("page_loaded")[0]["summary"])
    har = json.loads(written("har", run.events))
    check_har(har)
    entries = har["log"]["entries"]
    responses = {entry["request"]["url"].removeprefix(site.url("/")): entry["response"] for entry in entries}
    assert [*responses][:3] == ["", "end", "a.css"]
    assert [responses[path]["status"] for path in ("", "end", "a.css")] == [302, 200, 200]
    assert responses["a.css"]["content"] == {"size": 4, "mimeType": "text/css"}
