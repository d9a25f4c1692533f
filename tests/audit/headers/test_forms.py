"""Forms and their risks."""

import pytest

from veritas.audit.headers.forms import PageForm, find_risks, form_in_browser, form_in_markup
from veritas.audit.headers.markup import read_markup
from veritas.audit.page import FieldFacts, FormFacts

SAFE = "https://shop.example.org/login"
CLEAR = "http://shop.example.org/login"
LOCAL = "http://localhost:8000/login"


def risks(page: str, action: str, method: str = "post", *secrets: str) -> list[tuple[str, str]]:
    """Return kind and severity of each risk of such a form."""
    return [(risk.kind, risk.severity) for risk in find_risks(PageForm(page, action, method, secrets))]


@pytest.mark.parametrize("page", [SAFE, LOCAL])
def test_a_form_to_its_own_site_has_no_risk(page: str) -> None:
    """A form that is encrypted, or on this machine, may ask for anything."""
    assert risks(page, page, "post", "password", "card") == []


def test_secrets_over_plain_http_are_critical() -> None:
    """A password on an http: page is at risk wherever it is sent, and so is one that is sent to an http: URL."""
    assert risks(CLEAR, CLEAR, "post", "password") == [("secrets_in_clear", "critical")]
    assert risks(CLEAR, SAFE, "post", "card") == [("secrets_in_clear", "critical")]
    assert risks(SAFE, CLEAR, "post", "password") == [("secrets_in_clear", "critical")]
    assert risks(CLEAR, "", "", "password") == [("secrets_in_clear", "critical")]
    assert risks(CLEAR, CLEAR) == []


def test_a_form_that_leaves_an_encrypted_page_for_http_is_high() -> None:
    """Visitors cannot see that the form is sent without encryption, so its fields do not matter."""
    assert risks(SAFE, CLEAR) == [("form_in_clear", "high")]
    assert risks(SAFE, CLEAR, "get") == [("form_in_clear", "high")]


def test_a_form_to_another_site_is_a_risk() -> None:
    """Data that is sent to another site is reported; a search on another site and mail are not."""
    other = "https://forms.example.net/in"
    assert risks(SAFE, other) == [("form_to_other_site", "low")]
    assert risks(SAFE, other, "post", "password") == [("form_to_other_site", "high")]
    assert risks(SAFE, other, "get") == []
    assert risks(SAFE, "mailto:a@example.net") == []
    assert risks(SAFE, "javascript:void(0)", "post", "password") == []
    assert risks(SAFE, "https://www.example.org/in") == []


def test_a_password_in_a_get_form_is_an_uncertain_risk() -> None:
    """The password may become part of the URL, unless a script sends the form in another way."""
    (risk,) = find_risks(PageForm(SAFE, SAFE, "get", ("password",)))
    assert (risk.kind, risk.confidence) == ("password_in_url", 0.5)


def test_secrets_are_recognised_in_the_browsers_forms() -> None:
    """The fields' types and autocomplete attributes show which secrets a form asks for."""
    fields = [FieldFacts(type="Password"), FieldFacts(type="text", autocomplete="section-a cc-number")]
    form = FormFacts(action=SAFE, method="POST", selector="#f", fields=fields)
    assert form_in_browser(CLEAR, form) == PageForm(CLEAR, SAFE, "post", ("password", "card"), "#f")
    assert form_in_browser(CLEAR, FormFacts()) == PageForm(CLEAR, "", "")


def test_forms_are_read_from_the_html() -> None:
    """If no browser visited the page, its HTML is used."""
    (form,) = read_markup("<form action=/in method=post><input type=password></form>", SAFE).forms
    assert form_in_markup(SAFE, form) == PageForm(SAFE, "https://shop.example.org/in", "post", ("password",))
