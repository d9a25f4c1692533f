"""What the scout writes down of one page, in JSON values.

A page is:

    requested_url, url, status, complete    complete: everything it asked for was there before the timeout
    redirects       of each: url, method, status, status_text, headers, timing, kind (`http`, or `client` for a script
                    or meta refresh)
    headers         of the main document: [[name, value], …], case and duplicates as sent
    content_type, certificate, address      the last two as Playwright gives them, or None
    timing          response_ms, interactive_ms, loaded_ms (since the navigation began, or None), transfer_bytes
    title, language, description, canonical "" where the page has none
    html_size       characters of the document as it stands
    text            what can be seen of it, at most 50,000 characters; text_length: of all of it
    size            width and height in CSS pixels
    links_internal, links_external          of each: url, text, rel, download; distinct, http and https only
    mail, phone     what its mailto: and tel: links name
    forms           of each: action, method, name, selector, fields, buttons, formactions; a last one without action and
                    method holds the fields that stand in no form
                    fields: name, type, label, required, prechecked (ticked with nobody's doing), visible, autocomplete
    scripts         of each: url, integrity, crossorigin, type; inline_scripts_count: how many have no address
    stylesheets     of each: url, integrity, crossorigin
    iframes         of each: url, title, sandbox
    document        the main document's own request, as `veritas.audit.browser.requests` lays it down
    requests        of each the same; all but the documents' own
    third_party_hosts                       that the requests went to
    cookies         the profile's after this visit; storage: how many keys in local and session
    requires_login, login_reason
    dialogs, popups, downloads, console_errors

Lists stop at a cap; `<list>_count` has the true number where there is one. Links are read up to the 5,000th.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

from veritas.audit.browser.navigation import is_web_address
from veritas.audit.identity.domains import host_of
from veritas.audit.site import Site

if TYPE_CHECKING:
    from veritas.audit.browser import Tab

MAX_LIST = 500
MAX_TEXT = 50_000

_SCRIPT = files("veritas.audit").joinpath("page_facts.js").read_text(encoding="utf-8")
_LIMITS = {
    "list": MAX_LIST,
    "links": 5_000,
    "fields": 100,
    "text": MAX_TEXT,
    "text_of_one": 300,
    "url": 2_000,
    "trees": 1_000,
}
_READ_TIMEOUT = 20.0
_LOGIN_PATH = re.compile(r"(?:^|[^a-z])(?:log[-_]?[io]n|sign[-_]?[io]n|sso|authenticate|oauth2?)(?:[^a-z]|$)")
_LOGIN_TEXT = 1_500  # characters: a page that shows more has something else to say than "log in"


async def read_page(tab: Tab, site: Site, cookies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the facts of the page in *tab*, as this module's docstring lays them down.

    Args:
        site: Whose links count as internal, and whose hosts are not third parties.
        cookies: The profile's.

    Raises:
        PageError: The page does not answer.
    """
    facts: dict[str, Any] = await tab.inspect(_SCRIPT, _LIMITS, timeout=_READ_TIMEOUT)
    links = _distinct(facts.pop("links"))
    internal = [link for link in links if site.has(link["url"])]
    external = [link for link in links if not site.has(link["url"])]
    reason = login_reason(tab.requested_url, tab.url, tab.status, facts)
    return {
        "requested_url": tab.requested_url,
        "url": tab.url,
        "status": tab.status,
        "complete": tab.complete,
        "redirects": list(tab.redirects),
        "headers": [list(pair) for pair in tab.headers],
        "certificate": tab.certificate,
        "address": tab.address,
        **facts,
        "links_internal": internal[:MAX_LIST],
        "links_internal_count": len(internal),
        "links_external": external[:MAX_LIST],
        "links_external_count": len(external),
        "document": dict(tab.document),
        "requests": [dict(request) for request in tab.requests[:MAX_LIST]],  # which go on being filled in
        "requests_count": tab.log.request_count,
        "third_party_hosts": _third_parties(tab.requests, site),
        "cookies": [dict(cookie) for cookie in cookies],
        "requires_login": bool(reason),
        "login_reason": reason,
        "dialogs": list(tab.dialogs),
        "popups": list(tab.log.popups),
        "downloads": list(tab.log.downloads),
        "console_errors": list(tab.log.errors),
    }


def login_reason(requested_url: str, url: str, status: int, facts: Mapping[str, Any]) -> str:
    """Return why the page counts as one that demands a login, or "" where it does not.

    Args:
        facts: `forms` and `text_length` of the page.
    """
    if status in (401, 403):
        return f"the server refuses it to strangers (HTTP {status})"
    if _LOGIN_PATH.search(_path(url)) and not _LOGIN_PATH.search(_path(requested_url)):
        return f"it leads to a login at {url!r}"
    passwords = [
        [field for field in form["fields"] if field["type"] == "password" and field["visible"]]
        for form in facts["forms"]
    ]
    asks = any(len(fields) == 1 and fields[0]["autocomplete"] != "new-password" for fields in passwords)
    return "it shows little but a password form" if asks and facts["text_length"] <= _LOGIN_TEXT else ""


def _distinct(links: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first link to each web address, without its fragment."""
    first: dict[str, dict[str, Any]] = {}
    for link in links:
        url = urldefrag(link["url"]).url if is_web_address(link["url"]) else ""
        if url and url not in first:
            first[url] = {**link, "url": url}
    return list(first.values())


def _third_parties(requests: Sequence[Mapping[str, Any]], site: Site) -> list[str]:
    """Return the hosts outside *site* that *requests* went to."""
    strangers = {request["url"] for request in requests if not site.has(request["url"])}
    return sorted({host.name for host in map(host_of, strangers) if host})


def _path(url: str) -> str:
    return urlsplit(url).path.lower()
