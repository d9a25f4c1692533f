"""The outcomes of the tests of the switch from http: to https:."""

from __future__ import annotations

from collections.abc import Mapping

from veritas.audit.headers.outcomes.outcome import Outcome

REDIRECTION: Mapping[str, Outcome] = {
    "redirection-all-redirects-preloaded": Outcome(
        0, True, "Every host in the http: redirect chain is on the HSTS preload list, so browsers only use https:."
    ),
    "redirection-to-https": Outcome(
        0, True, "The http: address redirects to https: on the same host in its first redirect."
    ),
    "redirection-not-needed-no-http": Outcome(0, True, "The site does not answer over http:."),
    "redirection-off-host-from-http": Outcome(
        -5,
        False,
        "The http: address redirects straight to another host, so its own host cannot set Strict-Transport-Security.",
        "http redirects to another host",
    ),
    "redirection-not-to-https-on-initial-redirection": Outcome(
        -10,
        False,
        "The http: address redirects to another http: address before https:.",
        "First redirect stays on http",
    ),
    "redirection-not-to-https": Outcome(
        -20,
        False,
        "The http: address redirects to an address that is http: too.",
        "Redirect does not lead to https",
    ),
    "redirection-missing": Outcome(
        -20, False, "The http: address serves pages and does not redirect.", "No redirect to https"
    ),
    "redirection-invalid-cert": Outcome(
        -20,
        False,
        "The http: address redirects to https: with a certificate that is not valid.",
        "Redirect to https with an invalid certificate",
    ),
}

HSTS: Mapping[str, Outcome] = {
    "hsts-preloaded": Outcome(5, True, "The host is on the HSTS preload list, so browsers only use https:."),
    "hsts-implemented-max-age-at-least-six-months": Outcome(
        0, True, "Strict-Transport-Security makes browsers use only https: for at least six months."
    ),
    "hsts-implemented-max-age-less-than-six-months": Outcome(
        -10,
        False,
        "Strict-Transport-Security makes browsers use only https:, but not for six months.",
        "Strict-Transport-Security too short",
    ),
    "hsts-not-implemented": Outcome(
        -20, False, "Strict-Transport-Security is missing, so browsers may use http:.", "No HSTS"
    ),
    "hsts-header-invalid": Outcome(
        -20, False, "Strict-Transport-Security is not valid.", "Invalid Strict-Transport-Security"
    ),
    "hsts-not-implemented-no-https": Outcome(-20, False, "The site does not answer over https:.", "No https"),
    "hsts-invalid-cert": Outcome(
        -20,
        False,
        "Browsers ignore Strict-Transport-Security, because the certificate is not valid.",
        "No HSTS: invalid certificate",
    ),
}
