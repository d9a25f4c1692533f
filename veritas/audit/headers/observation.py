"""What was observed of a site, as the checks read it, and what a check says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from veritas.audit.headers.markup import Markup
from veritas.audit.headers.outcomes import RESULTS

MAX_VALUE = 1024  # characters of a header's value that a check reads or repeats


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    Attributes:
        status: Of the answer; 0 where only the connection was made.
        headers: Of the answer, as sent: order, case and duplicates kept.
        verified: Whether the certificates on the way were valid.
        request_headers: What was asked with, as far as it matters.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    verified: bool = True
    request_headers: tuple[tuple[str, str], ...] = ()

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of the header *name*, in order."""
        return _values(self.headers, name)

    def first(self, name: str) -> str:
        """Return the header *name*'s first value, or "" where there is none."""
        return next(iter(self.values(name)), "")

    @property
    def media_type(self) -> str:
        """The answer's type, such as `text/html`; "" where it names none."""
        return self.first("content-type").partition(";")[0].strip().lower()

    def asked_with(self, name: str) -> str:
        """Return the request header *name*'s first value, or ""."""
        return next(iter(_values(self.request_headers, name)), "")


@dataclass(frozen=True)
class Cookie:
    """A cookie as the site set it; *same_site* is lower case, and "" where the attribute is absent or not valid."""

    name: str
    domain: str = ""
    path: str = "/"
    secure: bool = False
    http_only: bool = False
    same_site: str = ""


@dataclass(frozen=True)
class Observation:
    """Everything that the checks look at.

    Attributes:
        host: The host that was asked for.
        url: The address that the page was asked for at; its scheme is the one that pages of the site are loaded with.
        page: The final answer, after redirects.
        http: The final answer for the http:// address; None where nothing answers there.
        https: The same for https://.
        cors: The answer to a request that named a foreign origin.
        http_route: The addresses that the http:// request went through, the first one included.
        cookies: What the site set over HTTP.
        markup: What the page says in its markup.
    """

    host: str
    url: str
    page: Exchange | None = None
    http: Exchange | None = None
    https: Exchange | None = None
    cors: Exchange | None = None
    http_route: tuple[str, ...] = ()
    cookies: tuple[Cookie, ...] = ()
    markup: Markup = field(default_factory=Markup)


@dataclass(frozen=True)
class CheckResult:
    """What a check says.

    Attributes:
        test: Its name.
        result: The outcome's name, one of those that `RESULTS` lists for the test.
        passed: Whether that is good enough.
        modifier: What it adds to the score.
        detail: What the result means, in a sentence.
        header: The header that it rests on; "" where there is none.
        value: That header's value, or whatever stands in for it; "" where it is absent.
        measured: What else was seen.
    """

    test: str
    result: str
    passed: bool
    modifier: int
    detail: str
    header: str = ""
    value: str = ""
    measured: dict[str, Any] = field(default_factory=dict)


def verdict(
    test: str,
    result: str,
    *,
    answered: bool = True,
    header: str = "",
    value: str = "",
    measured: Mapping[str, Any] | None = None,
) -> CheckResult:
    """Return the outcome *result* of *test*; without an answer to look at nothing passes."""
    outcome = RESULTS[test][result]
    return CheckResult(
        test=test,
        result=result,
        passed=outcome.passes and answered,
        modifier=outcome.modifier,
        detail=outcome.meaning,
        header=header,
        value=value[:MAX_VALUE],
        measured=dict(measured or {}),
    )


def _values(headers: tuple[tuple[str, str], ...], name: str) -> tuple[str, ...]:
    return tuple(value for header, value in headers if header.lower() == name)
