"""A page as the scout records it.

Lists have a maximum length; `<list>_count` is the true number where there is one.
"""

from __future__ import annotations

import msgspec

from veritas.audit.browser_records import (
    BrowserCookie,
    Dialog,
    Header,
    Redirect,
    RequestRecord,
    ServerAddress,
    ServerCertificate,
)


class PageSize(msgspec.Struct, frozen=True):
    """The size of the whole document.

    Attributes:
        width: In CSS pixels.
        height: In CSS pixels.
    """

    width: int = 0
    height: int = 0


class PageTiming(msgspec.Struct, frozen=True):
    """The page's loading times; None for a time that is not known.

    Attributes:
        response_ms: Until the first byte of the document, in milliseconds since the navigation began.
        interactive_ms: Until the document was read, in milliseconds since the navigation began.
        loaded_ms: Until the end of the load event, in milliseconds since the navigation began.
        transfer_bytes: The size of the document as transferred, headers included, in bytes.
    """

    response_ms: float | None = None
    interactive_ms: float | None = None
    loaded_ms: float | None = None
    transfer_bytes: int | None = None


class Link(msgspec.Struct, frozen=True):
    """A link.

    Attributes:
        url: Its address, without the fragment.
        text: Its text, or its label, title or image's text.
        rel: Its `rel` attribute, or empty.
        download: Whether it has a `download` attribute.
    """

    url: str
    text: str = ""
    rel: str = ""
    download: bool = False


class FieldFacts(msgspec.Struct, frozen=True):
    """A field of a form.

    Attributes:
        name: Its name.
        type: Its type: `text`, `password`, `select-one`, `textarea` …
        label: Its label, placeholder or title.
        required: Whether it must be filled in.
        prechecked: Whether it is a box or radio button that was ticked before the user did anything.
        visible: Whether it can be seen.
        autocomplete: Its `autocomplete` attribute, or empty.
    """

    name: str = ""
    type: str = ""
    label: str = ""
    required: bool = False
    prechecked: bool = False
    visible: bool = True
    autocomplete: str = ""


class FormFacts(msgspec.Struct, frozen=True):
    """A form, or the fields that are outside every form, which are one without an action and a method.

    Attributes:
        action: The address that it sends to.
        method: `get`, `post` or `dialog`.
        name: Its name or id.
        selector: A CSS selector that finds it again.
        fields: Its fields.
        fields_count: How many fields it has.
        buttons: The texts of its buttons.
        formactions: Other addresses that its buttons send to.
    """

    action: str = ""
    method: str = ""
    name: str = ""
    selector: str = ""
    fields: list[FieldFacts] = []
    fields_count: int = 0
    buttons: list[str] = []
    formactions: list[str] = []


class Script(msgspec.Struct, frozen=True):
    """A script that has an address.

    Attributes:
        url: Its address.
        integrity: Its `integrity` attribute, or empty.
        crossorigin: Its `crossorigin` attribute; None if it is missing.
        type: Its `type` attribute, or empty.
    """

    url: str
    integrity: str = ""
    crossorigin: str | None = None
    type: str = ""


class Stylesheet(msgspec.Struct, frozen=True):
    """A style sheet that has an address.

    Attributes:
        url: Its address.
        integrity: Its `integrity` attribute, or empty.
        crossorigin: Its `crossorigin` attribute; None if it is missing.
    """

    url: str
    integrity: str = ""
    crossorigin: str | None = None


class Iframe(msgspec.Struct, frozen=True):
    """A frame.

    Attributes:
        url: Its address.
        title: Its title, or empty.
        sandbox: Its `sandbox` attribute; None if it is missing.
    """

    url: str
    title: str = ""
    sandbox: str | None = None


class StorageSize(msgspec.Struct, frozen=True):
    """The number of keys that the page keeps in the browser's storage.

    Attributes:
        local: Keys in the local storage.
        session: Keys in the session storage.
    """

    local: int = 0
    session: int = 0


class PageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A page as the scout records it: the summary of `scout/page_loaded`.

    Attributes:
        requested_url: The address that was requested.
        url: The address of the page that came.
        status: The HTTP status of the document.
        complete: Whether everything that the page requested was there before the timeout.
        redirects: The answers that led to the page, in order.
        headers: Name and value of each header of the document, case and duplicates as sent.
        certificate: What the browser reports of the server's certificate; None without TLS.
        address: The server's address; None where it is not known, as behind a proxy.
        proxy: The proxy that the page came through, without a login; missing where it came directly.
        title: The page's title, or empty.
        language: The page's language, or empty.
        description: The page's description, or empty.
        canonical: The address that the page calls its own, or empty.
        content_type: The document's media type.
        html_size: How many characters the document has as the browser holds it.
        text: The visible text, at most 50,000 characters of it.
        text_length: How many characters the visible text has.
        size: The size of the document.
        timing: How long it took to load.
        mail: The addresses of `mailto:` links.
        phone: The numbers of `tel:` links.
        forms: Its forms; a last one without action and method has the fields outside every form.
        forms_count: How many forms it has.
        scripts: Its scripts that have an address.
        scripts_count: How many scripts have an address.
        inline_scripts_count: How many scripts have no address.
        stylesheets: Its style sheets that have an address.
        stylesheets_count: How many style sheets have an address.
        iframes: Its frames.
        iframes_count: How many frames it has.
        storage: What it keeps in the browser's storage.
        links_internal: Distinct http and https links to the site under audit; the first 5,000 links are read.
        links_internal_count: How many there are.
        links_external: Distinct http and https links to other sites.
        links_external_count: How many there are.
        document: The request for the document; the first release did not record it.
        requests: All other requests.
        requests_count: How many other requests there were.
        third_party_hosts: The hosts outside the site that requests went to.
        cookies: The cookies of the browser's profile after the visit.
        requires_login: Whether the page demands a login.
        login_reason: Why it counts as one that demands a login; empty where it does not.
        dialogs: The dialogs that it opened.
        popups: The addresses of windows that it tried to open.
        downloads: The addresses of files that it began to download; all are cancelled.
        console_errors: Console errors and uncaught exceptions.
        site: The site under audit: a registrable domain, or host and port if it has none.
        screenshots: The SHA-256 in hex of each screenshot that could be taken, by kind: `viewport`, `full_page`.
        screenshot_truncated: Whether the page goes on below the full-page screenshot.
        limits_reached: The names of the limits that the visit reached; logs from before this field have none.
    """

    requested_url: str
    url: str
    status: int
    complete: bool
    redirects: list[Redirect]
    headers: list[Header]
    certificate: ServerCertificate | None
    address: ServerAddress | None
    proxy: str | msgspec.UnsetType = msgspec.UNSET
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
    links_internal: list[Link]
    links_internal_count: int
    links_external: list[Link]
    links_external_count: int
    document: RequestRecord | msgspec.UnsetType = msgspec.UNSET
    requests: list[RequestRecord]
    requests_count: int
    third_party_hosts: list[str]
    cookies: list[BrowserCookie]
    requires_login: bool
    login_reason: str
    dialogs: list[Dialog]
    popups: list[str]
    downloads: list[str]
    console_errors: list[str]
    site: str
    screenshots: dict[str, str] = {}
    screenshot_truncated: bool = False
    limits_reached: list[str] | msgspec.UnsetType = msgspec.UNSET
