"""The tests on the way to the page: `strict-transport-security` and `redirection`."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import hstspreload

from veritas.audit.headers.observation import MAX_VALUE, CheckResult, Observation, verdict

HSTS = "strict-transport-security"
LOCATION = "location"

# 180 days: half a year is 15,768,000 s, but many sites round down to this.
SIX_MONTHS = 15_552_000

_MAX_AGE = re.compile(r'\s*"?\s*([+-]?[0-9]{1,120})')


def check_hsts(observation: Observation) -> CheckResult:
    """Judge whether browsers are told to keep to https:; the list that they ship with counts before the header.

    A max-age without a number is not valid (RFC 6797, section 6.1.1). The Observatory takes it for long enough.
    """
    answer = observation.https
    header = answer.first(HSTS)[:MAX_VALUE] if answer else ""
    max_age = _max_age(header)
    if answer is None:
        result = "hsts-not-implemented-no-https"
    elif is_preloaded(observation.host):
        result = "hsts-preloaded"
    elif not answer.verified:
        result = "hsts-invalid-cert"
    elif not answer.values(HSTS):
        result = "hsts-not-implemented"
    elif "," in header or max_age is None:
        result = "hsts-header-invalid"
    elif max_age < SIX_MONTHS:
        result = "hsts-implemented-max-age-less-than-six-months"
    else:
        result = "hsts-implemented-max-age-at-least-six-months"
    return verdict(HSTS, result, header=HSTS, value=header, measured={"max_age": max_age})


def check_redirection(observation: Observation) -> CheckResult:
    """Judge where the http:// address leads."""
    answer, route = observation.http, observation.http_route
    schemes = [urlsplit(url).scheme for url in route]
    if answer is None:
        result = "redirection-not-needed-no-http"
    elif not answer.verified:
        result = "redirection-invalid-cert"
    elif all(is_preloaded(_host(url)) for url in route):
        result = "redirection-all-redirects-preloaded"
    elif len(route) == 1:
        result = "redirection-missing"
    elif schemes[-1] != "https":
        result = "redirection-not-to-https"
    elif schemes[1] == "http":
        result = "redirection-not-to-https-on-initial-redirection"
    elif schemes[:2] == ["http", "https"] and _host(route[0]) != _host(route[1]):
        result = "redirection-off-host-from-http"
    else:
        result = "redirection-to-https"
    destination = route[-1] if route[1:] else ""
    return verdict("redirection", result, header=LOCATION, value=destination, measured={"route": list(route)})


def is_preloaded(host: str) -> bool:
    """Say whether *host* stands on the list of https-only hosts that browsers ship with."""
    try:
        return bool(hstspreload.in_hsts_preload(host))
    except UnicodeError:  # no name that could be registered
        return False


def _max_age(header: str) -> int | None:
    """Return the seconds that a Strict-Transport-Security header asks for; None where it names no number."""
    ages = [part.strip().lower().removeprefix("max-age=") for part in header.split(";") if _names_max_age(part)]
    number = _MAX_AGE.match(ages[-1]) if ages else None
    return int(number[1]) if number else None


def _names_max_age(part: str) -> bool:
    return part.strip().lower().startswith("max-age=")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
