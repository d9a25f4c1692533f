"""Every network error becomes one sentence that names the address."""

from __future__ import annotations

import errno
import ssl

import pytest

from veritas.audit.browser.net_errors import describe_failure, kind_of_failure
from veritas.audit.egress.failure import failure_of
from veritas.errors import MACHINE, PAGE


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("Page.goto: net::ERR_NAME_NOT_RESOLVED at x\nCall log:\n - x"), "'a.example' cannot be resolved"),
        (RuntimeError("net::ERR_INTERNET_DISCONNECTED"), "are you online?"),
        (RuntimeError("net::ERR_CERT_DATE_INVALID"), "not valid (ERR_CERT_DATE_INVALID)"),
        (ssl.SSLCertVerificationError("expired"), "not valid (ERR_CERT_INVALID)"),
        (TimeoutError(), "did not answer within 3 s"),
        (ConnectionRefusedError(), "refuses the connection"),
        (BrokenPipeError(), "reset the connection"),
        (RuntimeError("net::ERR_SOMETHING_NEW at x"), "cannot be visited (ERR_SOMETHING_NEW)"),
        (RuntimeError("Something else.\nAnd more"), "cannot be visited (Something else)"),
        (OSError(113, "No route to host"), "No route to host"),
        (RuntimeError("net::ERR_PROXY_CONNECTION_FAILED"), "The proxy 'egress guard' cannot be reached"),
        (RuntimeError(), "cannot be visited (RuntimeError)"),
    ],
)
def test_an_error_is_one_sentence(error: Exception, words: str) -> None:
    """A known error has a remedy; an unknown error is quoted."""
    sentence = describe_failure(error, "http://user:secret@a.example/", timeout=3)
    assert words in sentence and "a.example" in sentence and "\n" not in sentence


def test_the_name_of_an_error_in_the_url_is_ignored() -> None:
    """Only the text around the URL describes the error."""
    url = "http://a.example/?net::ERR_CERT_INVALID"
    assert "refuses" in describe_failure(RuntimeError(f"net::ERR_CONNECTION_REFUSED at {url}"), url, timeout=1)


def test_a_machine_without_sockets_is_not_the_fault_of_the_page() -> None:
    """A host that cannot be reached is."""
    assert kind_of_failure(failure_of(OSError(errno.EMFILE, "Too many open files"))) == MACHINE
    assert kind_of_failure(failure_of(OSError(errno.EHOSTUNREACH, "No route to host"))) == PAGE
