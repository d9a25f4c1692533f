"""The `har` format is an HTTP Archive, according to the specification and to a library that reads such files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from haralyzer import HarParser
from hypothesis import given
from hypothesis import strategies as st

from tests.projections.recordings import RUN, START, Recording, requested, whole_run
from tests.replay.formats.har_rules import check_har
from tests.replay.formats.writing import written, written_with_warnings
from veritas.errors import UsageError

TIMING = {
    "startTime": START * 1000 + 250,
    "domainLookupStart": 1,
    "domainLookupEnd": 2.5,
    "connectStart": 2.5,
    "secureConnectionStart": 3,
    "connectEnd": 5,
    "requestStart": 5.5,
    "responseStart": 15,
    "responseEnd": 16,
}
SIZES = {"requestHeadersSize": 400, "requestBodySize": 0, "responseHeadersSize": 200, "responseBodySize": 1234}
DOCUMENT = {
    "url": "https://shop.test/?a=1&b=",
    "method": "GET",
    "status": 200,
    "status_text": "OK",
    "mime_type": "text/html",
    "timing": TIMING,
    "sizes": SIZES,
}
PAGE = {
    "url": "https://shop.test/?a=1&b=",
    "title": "The shop",
    "timing": {"loaded_ms": 321.5},
    "headers": [["Content-Type", "text/html"], ["Content-Encoding", "br"], ["Set-Cookie", "a=1"], ["Set-Cookie", "b"]],
    "address": {"ipAddress": "[::1]", "port": 443},
    "redirects": [
        {
            "url": "http://shop.test/",
            "method": "GET",
            "status": 301,
            "status_text": "Moved Permanently",
            "headers": [["Location", "https://shop.test/"]],
            "timing": TIMING | {"startTime": START * 1000},
        }
    ],
    "document": DOCUMENT,
    "requests": [
        DOCUMENT | {"url": "https://shop.test/a.css", "mime_type": "text/css", "resource_type": "stylesheet"},
        {
            "url": "https://cdn.test/x.js",
            "method": "GET",
            "status": None,
            "failure": "net::ERR_FAILED",
            "timing": {"startTime": START * 1000 + 300},
        },
    ],
}


def run_with(*pages: Any) -> Recording:
    run = Recording()
    run.recorder(requested())
    for seq, page in enumerate(pages, 1):
        run.child("scout", "page_loaded", seq=seq, summary=page)
    return run


def har_of(*pages: Any) -> Any:
    har = json.loads(written("har", run_with(*pages).events))
    check_har(har)
    return har


def test_every_request_is_an_entry_in_the_order_of_the_visit() -> None:
    entries = har_of(PAGE)["log"]["entries"]
    assert [(entry["request"]["url"], entry["response"]["status"]) for entry in entries] == [
        ("http://shop.test/", 301),
        ("https://shop.test/?a=1&b=", 200),
        ("https://shop.test/a.css", 200),
        ("https://cdn.test/x.js", 0),
    ]


def test_an_entry_contains_only_what_was_recorded() -> None:
    redirect, document, style, failed = har_of(PAGE)["log"]["entries"]
    assert redirect["response"]["redirectURL"] == "https://shop.test/"
    assert (redirect["response"]["headersSize"], redirect["response"]["bodySize"]) == (-1, -1)
    assert document["startedDateTime"] == "2025-11-22T08:26:40.250000Z"
    assert document["timings"] == {
        "blocked": 1,
        "dns": 1.5,
        "connect": 2.5,
        "ssl": 2,
        "send": 0,
        "wait": 9.5,
        "receive": 1,
    }
    assert document["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": ""}]
    assert [header["name"] for header in document["response"]["headers"]].count("Set-Cookie") == 2
    assert document["serverIPAddress"] == "::1"
    assert document["response"]["content"] == {"size": -1, "mimeType": "text/html"}  # it was compressed
    assert style["response"]["content"] == {"size": 1234, "mimeType": "text/css"}
    assert failed["comment"] == "net::ERR_FAILED"
    assert failed["time"] == 0


def test_a_library_that_analyses_such_files_reads_it() -> None:
    parser = HarParser(har_of(PAGE, PAGE))
    assert [page.title for page in parser.pages] == ["The shop", "The shop"]
    first = parser.pages[0]
    assert len(first.entries) == 4
    assert first.actual_page.url == "https://shop.test/?a=1&b="
    assert len(first.filter_entries(content_type="css")) == 1


def test_a_run_without_network_requests_is_refused_before_writing() -> None:
    for run in (whole_run(), run_with({"title": "empty"})):
        with pytest.raises(UsageError, match=f"of run '{RUN}' include no network request"):
            written("har", run.events)


def test_requests_without_a_time_from_older_recordings_are_left_out_and_counted() -> None:
    old = {"url": "http://shop.test/a", "resource_type": "image", "method": "GET", "status": 200, "failure": None}
    data, warnings = written_with_warnings("har", run_with(PAGE | {"requests": [old, old]}).events)
    assert len(json.loads(data)["log"]["entries"]) == 2
    assert warnings == ["Left out 2 requests recorded without a time."]


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["http://[", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*PAGE, *DOCUMENT, *TIMING]), inner),
    max_leaves=8,
)
_parts = {name: _anything for name in PAGE if name != "redirects"}


@given(
    page=st.fixed_dictionaries({}, optional=_parts),
    document=st.fixed_dictionaries({}, optional=dict.fromkeys(DOCUMENT, _anything)),
)
def test_the_file_is_valid_whatever_a_page_event_contains(page: dict[str, Any], document: dict[str, Any]) -> None:
    data, _ = written_with_warnings("har", run_with(PAGE | page | {"requests": [DOCUMENT | document]}).events)
    check_har(json.loads(data))
