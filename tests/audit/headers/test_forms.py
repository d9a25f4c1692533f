"""Where forms send what people type."""

import pytest

from veritas.audit.headers.forms import Destination, destination_in_markup, destination_seen, find_risks
from veritas.audit.headers.markup import read_markup

SAFE = "https://shop.example.org/login"
CLEAR = "http://shop.example.org/login"
LOCAL = "http://localhost:8000/login"


def risks(page: str, action: str, method: str = "post", *secrets: str) -> list[tuple[str, str]]:
    """Return what is wrong with such a form: kind and severity."""
    return [(risk.kind, risk.severity) for risk in find_risks(Destination(page, action, method, secrets))]


@pytest.mark.parametrize("page", [SAFE, LOCAL])
def test_a_form_that_keeps_to_its_site_is_fine(page: str) -> None:
    """Encrypted, or on this machine, and to its own site, a form may ask for anything."""
    assert risks(page, page, "post", "password", "card") == []


def test_secrets_in_the_clear() -> None:
    """A password on an http: page is exposed wherever it goes, and so is one that goes to an http: address."""
    assert risks(CLEAR, CLEAR, "post", "password") == [("secrets_in_clear", "critical")]
    assert risks(CLEAR, SAFE, "post", "card") == [("secrets_in_clear", "critical")]
    assert risks(SAFE, CLEAR, "post", "password") == [("secrets_in_clear", "critical")]
    assert risks(CLEAR, "", "", "password") == [("secrets_in_clear", "critical")]
    assert risks(CLEAR, CLEAR) == []


def test_an_encrypted_page_whose_form_is_not() -> None:
    """Whatever it asks for, people have no way to see that it leaves in the clear."""
    assert risks(SAFE, CLEAR) == [("form_in_clear", "high")]
    assert risks(SAFE, CLEAR, "get") == [("form_in_clear", "high")]


def test_other_sites() -> None:
    """Data that goes to another site is told; a search that does is not, and neither is mail."""
    other = "https://forms.example.net/in"
    assert risks(SAFE, other) == [("form_to_other_site", "low")]
    assert risks(SAFE, other, "post", "password") == [("form_to_other_site", "high")]
    assert risks(SAFE, other, "get") == []
    assert risks(SAFE, "mailto:a@example.net") == []
    assert risks(SAFE, "javascript:void(0)", "post", "password") == []
    assert risks(SAFE, "https://www.example.org/in") == []


def test_passwords_in_addresses() -> None:
    """A password field in a GET form may end in the address, unless a script prevents it: that is not certain."""
    (risk,) = find_risks(Destination(SAFE, SAFE, "get", ("password",)))
    assert (risk.kind, risk.confidence) == ("password_in_url", 0.5)


def test_forms_as_the_browser_saw_them() -> None:
    """Secrets are told by the fields' types and by what browsers are asked to fill in."""
    fields = [{"type": "Password"}, {"type": "text", "autocomplete": "section-a cc-number"}, "?"]
    form = {"action": SAFE, "method": "POST", "selector": "#f", "fields": fields}
    assert destination_seen(CLEAR, form) == Destination(CLEAR, SAFE, "post", ("password", "card"), "#f")
    assert destination_seen(CLEAR, {}) == Destination(CLEAR, "", "")


def test_forms_as_the_server_sent_them() -> None:
    """Where no browser saw the page, its markup has to do."""
    (form,) = read_markup("<form action=/in method=post><input type=password></form>", SAFE).forms
    assert destination_in_markup(SAFE, form) == Destination(SAFE, "https://shop.example.org/in", "post", ("password",))
