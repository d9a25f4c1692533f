"""What the browser reports of a visit: requests, redirects, cookies, servers and dialogs, in Playwright's words."""

from __future__ import annotations

from typing import NotRequired, TypedDict

Header = tuple[str, str]  # name and value


class RequestTiming(TypedDict, total=False):
    """The times of a request's steps; a step that is not known is left out.

    Attributes:
        startTime: When the request began, in milliseconds since the epoch, UTC.
        domainLookupStart: When the DNS lookup began, in milliseconds from `startTime`, as all that follow.
        domainLookupEnd: When the DNS lookup ended.
        connectStart: When connecting began.
        secureConnectionStart: When the TLS handshake began.
        connectEnd: When the connection was made.
        requestStart: When the request was sent.
        responseStart: When the first byte of the answer came.
        responseEnd: When the last byte of the answer came.
    """

    startTime: float
    domainLookupStart: float
    domainLookupEnd: float
    connectStart: float
    secureConnectionStart: float
    connectEnd: float
    requestStart: float
    responseStart: float
    responseEnd: float


class TransferSizes(TypedDict):
    """The sizes of a request and its answer.

    Attributes:
        requestBodySize: Bytes of the request's body.
        requestHeadersSize: Bytes of the request's headers.
        responseBodySize: Bytes of the answer's body, as transferred.
        responseHeadersSize: Bytes of the answer's headers.
    """

    requestBodySize: int
    requestHeadersSize: int
    responseBodySize: int
    responseHeadersSize: int


class RequestRecord(TypedDict):
    """A request and its answer; the first release recorded only `url`, `resource_type`, `method`, `status`, `failure`.

    Attributes:
        url: The address that was requested.
        resource_type: What the browser requested it as: `document`, `script`, `image` …
        method: The HTTP method.
        status: The HTTP status; None where no answer came.
        status_text: The status's text; None where no answer came.
        failure: Why it failed; None where it did not.
        mime_type: The answer's `Content-Type`; None if it is missing.
        content_encoding: The answer's `Content-Encoding`; None if it is missing.
        location: The answer's `Location`; None if it is missing.
        timing: When its steps happened.
        sizes: How much was transferred; None where the transfer has not ended, or was not measured.
    """

    url: str
    resource_type: str
    method: str
    status: int | None
    status_text: NotRequired[str | None]
    failure: str | None
    mime_type: NotRequired[str | None]
    content_encoding: NotRequired[str | None]
    location: NotRequired[str | None]
    timing: NotRequired[RequestTiming]
    sizes: NotRequired[TransferSizes | None]


class Redirect(TypedDict):
    """An answer that led on to another address.

    Attributes:
        url: The address that was requested.
        method: The HTTP method.
        status: The HTTP status.
        status_text: The status's text.
        headers: Name and value of each header, case and duplicates as sent.
        timing: When its steps happened.
        kind: `http`, or `client` for a script or a meta refresh.
    """

    url: str
    method: str
    status: int
    status_text: str
    headers: list[Header]
    timing: RequestTiming
    kind: str


class BrowserCookie(TypedDict, total=False):
    """A cookie of the browser's profile.

    Attributes:
        name: Its name.
        value: The mask of its value; logs from before there were masks have the value.
        domain: The domain that it is sent to.
        path: The path that it is sent to.
        expires: When it expires, in seconds since the epoch, UTC; -1 for a session cookie.
        httpOnly: Whether scripts cannot read it.
        secure: Whether it is sent over encrypted connections only.
        sameSite: `Strict`, `Lax` or `None`.
        partitionKey: The site that it is partitioned by, where it is.
    """

    name: str
    value: str
    domain: str
    path: str
    expires: float
    httpOnly: bool
    secure: bool
    sameSite: str
    partitionKey: NotRequired[str | None]


class ServerCertificate(TypedDict, total=False):
    """A server's TLS certificate, as the browser reports it.

    Attributes:
        issuer: The issuer's common name.
        protocol: The TLS version.
        subjectName: The subject's common name.
        validFrom: The beginning of its validity, in seconds since the epoch, UTC.
        validTo: The end of its validity, in seconds since the epoch, UTC.
    """

    issuer: str | None
    protocol: str | None
    subjectName: str | None
    validFrom: float | None
    validTo: float | None


class ServerAddress(TypedDict):
    """The address of the server that answered.

    Attributes:
        ipAddress: The IP address; an IPv6 address is in brackets.
        port: The TCP port.
    """

    ipAddress: str
    port: int


class Dialog(TypedDict):
    """A dialog that the page opened; all are dismissed.

    Attributes:
        type: `alert`, `beforeunload`, `confirm` or `prompt`.
        message: Its text.
    """

    type: str
    message: str
