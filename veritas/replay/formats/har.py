"""The `har` format: the network requests that the scout recorded, as an HTTP Archive (HAR 1.2) with a page each visit.

It contains only what is in the log. Bodies, request headers and HTTP's version were not recorded, and response headers
only for documents. A required field that was not recorded has HAR's own sign for "unknown", or is empty.

The format is described at http://www.softwareishard.com/blog/har-12-spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from veritas import __version__
from veritas.errors import UsageError
from veritas.events.json import as_items, as_mapping, as_number, as_text, encode_json, terminal_safe_json
from veritas.events.recorded import TimedEvent
from veritas.formatting import count, iso_time
from veritas.replay.formats.base import Context

_LONGEST = 1e9  # milliseconds, eleven days: a longer time is an error
_NOT_KNOWN = -1  # HAR's sign for a part that did not take place, or whose duration is not known
_UNKNOWN = "unknown"  # the value for HTTP's version
_COMMENT = "Of requests the headers were not recorded, of answers only the documents'; no body was."


def as_har(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Write every request that the scout recorded with its time.

    Raises:
        UsageError: There are no such requests.
    """
    pages: list[dict[str, Any]] = []
    entries = left_out = 0
    run = ""
    for _, recorded in events:
        event, run = recorded.event, recorded.run_id
        if recorded.source == "recorder" or (event.phase, event.step) != ("scout", "page_loaded"):
            continue
        page, name = event.summary, f"page_{len(pages) + 1}"
        begun: str | None = None
        for entry in visit_entries(page, name):
            if entry is None:
                left_out += 1
                continue
            begun = min(begun or entry["startedDateTime"], entry["startedDateTime"])
            yield (b"," if entries else _head()) + _json(entry)
            entries += 1
        if begun is not None:
            pages.append(_page(page, name, begun))
    if not entries:
        raise UsageError(
            f"The selected events of run {run!r} include no network request with its time, which a HAR needs; "
            "use --format jsonl for everything that was recorded."
        )
    yield b'],"pages":[' + b",".join(map(_json, pages)) + b"]}}\n"
    if left_out:
        context.warn(f"Left out {count(left_out, 'request')} recorded without a time.")


@dataclass(frozen=True)
class Timing:
    """The start of a request, and the duration of its parts.

    Attributes:
        started: The start, in HAR's format.
        phases: The milliseconds of each part. The browser does not report when it finished sending a request, so
            `wait` includes the sending, and `send` is 0.
        total: The sum of all parts, in milliseconds.
    """

    started: str
    phases: dict[str, float]
    total: float

    @classmethod
    def of(cls, timing: Mapping[str, Any]) -> Self | None:
        """Return the timing of a request from *timing*, which has Playwright's names; None if it has no start."""
        start = as_number(timing.get("startTime"))
        started = None if start is None or start <= 0 else iso_time(start / 1000)
        if started is None:
            return None
        at = {name: time for name in timing if (time := as_number(timing[name])) is not None and 0 <= time <= _LONGEST}
        begun = [at[name] for name in ("domainLookupStart", "connectStart", "requestStart") if name in at]
        phases = {
            "blocked": min(begun) if begun else _NOT_KNOWN,
            "dns": _between(at, "domainLookupStart", "domainLookupEnd"),
            "connect": _between(at, "connectStart", "connectEnd"),
            "ssl": _between(at, "secureConnectionStart", "connectEnd"),
            "send": 0,
            "wait": max(_between(at, "requestStart", "responseStart"), 0),
            "receive": max(_between(at, "responseStart", "responseEnd"), 0),
        }
        total = sum(spent for name, spent in phases.items() if name != "ssl" and spent > 0)  # `connect` includes ssl
        return cls(started, phases, round(total, 3))


def _head() -> bytes:
    creator = {"name": "VERITAS", "version": __version__}
    about = encode_json({"version": "1.2", "creator": creator, "comment": _COMMENT})
    return b'{"log":' + about[:-1] + b',"entries":['


def _json(value: Mapping[str, Any]) -> bytes:
    return terminal_safe_json(encode_json(value))


def _page(page: Mapping[str, Any], name: str, begun: str) -> dict[str, Any]:
    loaded = as_number(as_mapping(page.get("timing")).get("loaded_ms"))
    return {
        "startedDateTime": begun,
        "id": name,
        "title": as_text(page.get("title")) or as_text(page.get("url")) or "",
        "pageTimings": {"onLoad": -1 if loaded is None else loaded},
    }


def visit_entries(page: Mapping[str, Any], name: str) -> Iterator[dict[str, Any] | None]:
    """Yield an entry for each request of a visited page: its redirects, the document, and what the document loaded.

    Yield None for a request without a time.
    """
    for hop in map(as_mapping, as_items(page.get("redirects"))):
        yield _entry(hop, name, headers=as_items(hop.get("headers")))
    if document := as_mapping(page.get("document")):
        server = as_text(as_mapping(page.get("address")).get("ipAddress"))
        yield _entry(document, name, headers=as_items(page.get("headers")), server=server)
    for request in map(as_mapping, as_items(page.get("requests"))):
        yield _entry(request, name)


def _entry(
    exchange: Mapping[str, Any], page: str, *, headers: Sequence[Any] = (), server: str | None = None
) -> dict[str, Any] | None:
    timing = Timing.of(as_mapping(exchange.get("timing")))
    if timing is None:
        return None
    sizes, failure = as_mapping(exchange.get("sizes")), as_text(exchange.get("failure"))
    entry = {
        "pageref": page,
        "startedDateTime": timing.started,
        "time": timing.total,
        "request": _request(exchange, sizes),
        "response": _response(exchange, sizes, _pairs(headers)),
        "cache": {},
        "timings": timing.phases,
    }
    if server:
        entry["serverIPAddress"] = server.strip("[]")
    if failure:
        entry["comment"] = failure
    return entry


def _request(exchange: Mapping[str, Any], sizes: Mapping[str, Any]) -> dict[str, Any]:
    url = as_text(exchange.get("url")) or ""
    return {
        "method": as_text(exchange.get("method")) or _UNKNOWN,
        "url": url,
        "httpVersion": _UNKNOWN,
        "cookies": [],
        "headers": [],
        "queryString": [{"name": name, "value": value} for name, value in _query(url)],
        "headersSize": _size(sizes.get("requestHeadersSize")),
        "bodySize": _size(sizes.get("requestBodySize")),
    }


def _response(exchange: Mapping[str, Any], sizes: Mapping[str, Any], headers: list[tuple[str, str]]) -> dict[str, Any]:
    sent = {name.lower(): value for name, value in headers}
    status, body = as_number(exchange.get("status")), _size(sizes.get("responseBodySize"))
    encoded = as_text(exchange.get("content_encoding")) or sent.get("content-encoding")
    return {
        "status": int(status or 0),
        "statusText": as_text(exchange.get("status_text")) or "",
        "httpVersion": _UNKNOWN,
        "cookies": [],
        "headers": [{"name": name, "value": value} for name, value in headers],
        "content": {
            "size": -1 if encoded else body,  # the decoded length was not recorded
            "mimeType": as_text(exchange.get("mime_type")) or sent.get("content-type") or "",
        },
        "redirectURL": as_text(exchange.get("location")) or sent.get("location") or "",
        "headersSize": _size(sizes.get("responseHeadersSize")),
        "bodySize": body,
    }


def _pairs(headers: Sequence[Any]) -> list[tuple[str, str]]:
    """Return the valid pairs of [[name, value], …]."""
    pairs = ([as_text(part) for part in as_items(pair)] for pair in headers)
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2 and pair[0] is not None and pair[1] is not None]


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []


def _size(value: object) -> int:
    """Return a number of bytes, or HAR's -1 if it is not known."""
    size = as_number(value)
    return -1 if size is None or size < 0 else int(size)


def _between(at: Mapping[str, float], start: str, end: str) -> float:
    """Return the milliseconds from one time to another, or HAR's sign for "not known"."""
    if start not in at or end not in at or at[end] < at[start]:
        return _NOT_KNOWN
    return round(at[end] - at[start], 3)
