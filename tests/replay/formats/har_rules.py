"""The rules of HAR 1.2 for the content of a file, from the tables of its specification.

http://www.softwareishard.com/blog/har-12-spec
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

_NUMBER = (int, float)
_CREATOR = {"name": str, "version": str}
_PAGE = {"startedDateTime": datetime, "id": str, "title": str, "pageTimings": dict}
_ENTRY = {
    "startedDateTime": datetime,
    "time": _NUMBER,
    "request": dict,
    "response": dict,
    "cache": dict,
    "timings": dict,
}
_MESSAGE = {"httpVersion": str, "cookies": list, "headers": list, "headersSize": int, "bodySize": int}
_REQUEST = {**_MESSAGE, "method": str, "url": str, "queryString": list}
_RESPONSE = {**_MESSAGE, "status": int, "statusText": str, "content": dict, "redirectURL": str}
_CONTENT = {"size": int, "mimeType": str}
_PAIR = {"name": str, "value": str}


def check_har(har: Any) -> None:
    """Check a HAR against the rules."""
    log = har["log"]
    assert log["version"] == "1.2"
    _check(log["creator"], _CREATOR)
    for page in log["pages"]:
        _check(page, _PAGE)
        for moment in page["pageTimings"].values():
            assert moment >= -1
    ids = [page["id"] for page in log["pages"]]
    assert len(set(ids)) == len(ids)
    for entry in log["entries"]:
        _check_entry(entry)
        assert entry["pageref"] in ids


def _check_entry(entry: Any) -> None:
    _check(entry, _ENTRY)
    _check(entry["request"], _REQUEST)
    _check(entry["response"], _RESPONSE)
    _check(entry["response"]["content"], _CONTENT)
    for pair in (*entry["request"]["headers"], *entry["request"]["queryString"], *entry["response"]["headers"]):
        _check(pair, _PAIR)
    timings = entry["timings"]
    for required in ("send", "wait", "receive"):
        assert timings[required] >= 0
    for optional in ("blocked", "dns", "connect", "ssl"):
        assert timings.get(optional, -1) >= 0 or timings[optional] == -1
    spent = sum(timings[name] for name in timings if name != "ssl" and timings[name] != -1)
    assert abs(spent - entry["time"]) < 0.01


def _check(value: Any, rules: dict[str, Any]) -> None:
    for name, kind in rules.items():
        if kind is datetime:
            assert datetime.fromisoformat(value[name]).tzinfo is not None
        else:
            assert isinstance(value[name], kind) and not isinstance(value[name], bool), name
