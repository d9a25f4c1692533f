"""The tests of the switch from http: to https:, `strict-transport-security` and `redirection`."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from veritas.audit.headers.check_result import MAX_VALUE, CheckResult
from veritas.audit.headers.responses import SiteResponses

HSTS = "strict-transport-security"
LOCATION = "location"

# 180 days: half a year is 15,768,000 s, but many sites round down to this.
SIX_MONTHS = 15_552_000

_MAX_AGE = re.compile(r'\s*"?\s*([+-]?[0-9]{1,120})')


def check_hsts(site: SiteResponses) -> CheckResult:
    """Check whether browsers use only https: for the host, because of their preload list or the header.

    A max-age without a number is not valid (RFC 6797, section 6.1.1). The Observatory accepts it as long enough.
    """
    response, preloaded = site.https, is_preloaded(site, site.host)
    header = response.first(HSTS)[:MAX_VALUE] if response else ""
    max_age = _max_age(header)
    if response is None:
        result = "hsts-not-implemented-no-https"
    elif preloaded:
        result = "hsts-preloaded"
    elif not response.verified:
        result = "hsts-invalid-cert"
    elif not response.values(HSTS):
        result = "hsts-not-implemented"
    elif "," in header or max_age is None:
        result = "hsts-header-invalid"
    elif max_age < SIX_MONTHS:
        result = "hsts-implemented-max-age-less-than-six-months"
    else:
        result = "hsts-implemented-max-age-at-least-six-months"
    return CheckResult.of(
        HSTS, result, header=HSTS, value=header, measured={"max_age": max_age, "preloaded": preloaded}
    )


def check_redirection(site: SiteResponses) -> CheckResult:
    """Check where the http:// URL redirects to."""
    response, chain = site.http, site.http_chain
    schemes = [urlsplit(url).scheme for url in chain]
    if response is None:
        result = "redirection-not-needed-no-http"
    elif not response.verified:
        result = "redirection-invalid-cert"
    elif all(is_preloaded(site, _host(url)) for url in chain):
        result = "redirection-all-redirects-preloaded"
    elif len(chain) == 1:
        result = "redirection-missing"
    elif schemes[-1] != "https":
        result = "redirection-not-to-https"
    elif schemes[1] == "http":
        result = "redirection-not-to-https-on-initial-redirection"
    elif schemes[:2] == ["http", "https"] and _host(chain[0]) != _host(chain[1]):
        result = "redirection-off-host-from-http"
    else:
        result = "redirection-to-https"
    destination = chain[-1] if chain[1:] else ""
    return CheckResult.of("redirection", result, header=LOCATION, value=destination, measured={"route": list(chain)})


def is_preloaded(site: SiteResponses, host: str) -> bool | None:
    """Return whether *host* is on the HSTS preload list, the list of https-only hosts that browsers ship with.

    Returns:
        None if the list is not known.
    """
    return None if site.preloaded is None else host in site.preloaded


def _max_age(header: str) -> int | None:
    """Return the max-age of a Strict-Transport-Security header in seconds, or None if it has no number."""
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
