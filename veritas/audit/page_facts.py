"""Read the facts of a page that is open in a tab."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

import msgspec

from veritas.audit.browser.navigation import is_http_url
from veritas.audit.browser_records import BrowserCookie, RequestRecord
from veritas.audit.identity.domains import host_of
from veritas.audit.page import FormFacts, Iframe, Link, PageFacts, PageSize, PageTiming, Script, StorageSize, Stylesheet
from veritas.audit.site import Site
from veritas.errors import PageError

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
_LOGIN_PATH = re.compile(r"(?:^|[^a-z])(?:log[-_]?[io]n|sign[-_]?[io]n|sso|authenticate|oauth2?)(?:[^a-z]|$)")
_LOGIN_TEXT = 1_500  # characters: a page with more text has other content than a login


class _DocumentFacts(msgspec.Struct, frozen=True):
    """The result of `page_facts.js`; the fields are those of `PageFacts`."""

    title: str
    language: str
    description: str
    canonical: str
    content_type: str
    html_size: int
    text: str
    text_length: int
    size: PageSize
    timing: PageTiming
    links: list[Link]
    mail: list[str]
    phone: list[str]
    forms: list[FormFacts]
    forms_count: int
    scripts: list[Script]
    scripts_count: int
    inline_scripts_count: int
    stylesheets: list[Stylesheet]
    stylesheets_count: int
    iframes: list[Iframe]
    iframes_count: int
    storage: StorageSize


async def read_page(tab: Tab, site: Site, cookies: Sequence[BrowserCookie]) -> PageFacts:
    """Return the facts of the page in *tab*, without screenshots.

    Args:
        site: The site whose links count as internal, and whose hosts are not third parties.
        cookies: The profile's cookies.

    Raises:
        PageError: The page does not answer, or hides its own properties behind others.
    """
    found = await tab.inspect(_SCRIPT, _LIMITS)
    try:
        document = msgspec.convert(found, _DocumentFacts)
    except msgspec.ValidationError as error:
        raise PageError(f"The document of {tab.url!r} hides what it contains ({error}).") from error
    links = _distinct(document.links)
    internal = [link for link in links if site.has(link.url)]
    external = [link for link in links if not site.has(link.url)]
    reason = login_reason(tab.requested_url, tab.url, tab.status, document.forms, document.text_length)
    return PageFacts(
        requested_url=tab.requested_url,
        url=tab.url,
        status=tab.status,
        complete=tab.complete,
        redirects=list(tab.redirects),
        headers=list(tab.headers),
        certificate=tab.certificate,
        address=tab.address,
        proxy=tab.proxy or msgspec.UNSET,
        title=document.title,
        language=document.language,
        description=document.description,
        canonical=document.canonical,
        content_type=document.content_type,
        html_size=document.html_size,
        text=document.text,
        text_length=document.text_length,
        size=document.size,
        timing=document.timing,
        mail=document.mail,
        phone=document.phone,
        forms=document.forms,
        forms_count=document.forms_count,
        scripts=document.scripts,
        scripts_count=document.scripts_count,
        inline_scripts_count=document.inline_scripts_count,
        stylesheets=document.stylesheets,
        stylesheets_count=document.stylesheets_count,
        iframes=document.iframes,
        iframes_count=document.iframes_count,
        storage=document.storage,
        links_internal=internal[:MAX_LIST],
        links_internal_count=len(internal),
        links_external=external[:MAX_LIST],
        links_external_count=len(external),
        document=tab.document.copy(),
        requests=[request.copy() for request in tab.requests[:MAX_LIST]],  # copies: the tab updates its own
        requests_count=tab.log.request_count,
        third_party_hosts=_third_parties(tab.requests, site),
        cookies=list(cookies),
        requires_login=bool(reason),
        login_reason=reason,
        dialogs=list(tab.dialogs),
        popups=list(tab.log.popups),
        downloads=list(tab.log.downloads),
        console_errors=list(tab.log.errors),
        limits_reached=sorted(tab.log.reached),
        site=site.name,
    )


def login_reason(requested_url: str, url: str, status: int, forms: Iterable[FormFacts], text_length: int) -> str:
    """Return the reason why the page counts as one that demands a login, or "" if it does not."""
    if status in (401, 403):
        return f"the server refuses access without a login (HTTP {status})"
    if _LOGIN_PATH.search(_path(url)) and not _LOGIN_PATH.search(_path(requested_url)):
        return f"it leads to a login at {url!r}"
    passwords = [[field for field in form.fields if field.type == "password" and field.visible] for form in forms]
    has_login_form = any(len(fields) == 1 and fields[0].autocomplete != "new-password" for fields in passwords)
    return "it shows little except a login form" if has_login_form and text_length <= _LOGIN_TEXT else ""


def _distinct(links: Iterable[Link]) -> list[Link]:
    """Return the first link to each http or https URL, without fragments."""
    first: dict[str, Link] = {}
    for link in links:
        url = urldefrag(link.url).url if is_http_url(link.url) else ""
        if url and url not in first:
            first[url] = msgspec.structs.replace(link, url=url)
    return list(first.values())


def _third_parties(requests: Iterable[RequestRecord], site: Site) -> list[str]:
    """Return the hosts outside *site* that *requests* went to."""
    urls = {request["url"] for request in requests if not site.has(request["url"])}
    return sorted({host.name for host in map(host_of, urls) if host})


def _path(url: str) -> str:
    return urlsplit(url).path.lower()
