"""Forms: which secrets they ask for, where they send them, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from veritas.audit.headers.markup import Form
from veritas.audit.headers.origins import is_same_site, is_trustworthy, scheme_of
from veritas.audit.page import FieldFacts, FormFacts

_SECRET_NAMES = {"password": "a password", "card": "a card number"}


@dataclass(frozen=True)
class PageForm:
    """A form of a page.

    Attributes:
        page: The page's URL.
        action: The URL that the form is sent to; "" for fields outside any form.
        method: `get`, `post`, `dialog`, or "".
        secrets: Which of `password` and `card` the form asks for.
        selector: The form's CSS selector; "" if it is not known.
    """

    page: str
    action: str
    method: str
    secrets: tuple[str, ...] = ()
    selector: str = ""


@dataclass(frozen=True)
class Risk:
    """A risk of a form's destination; the attributes are those of `Finding`."""

    kind: str
    title: str
    detail: str
    severity: str
    confidence: float = 1.0


def form_in_browser(page: str, form: FormFacts) -> PageForm:
    """Return a form as the browser reports it."""
    return PageForm(
        page=page,
        action=form.action,
        method=form.method.lower(),
        secrets=tuple(name for name, asks_for in _SECRETS.items() if any(asks_for(field) for field in form.fields)),
        selector=form.selector,
    )


def form_in_markup(page: str, form: Form) -> PageForm:
    """Return a form from the HTML that the server sent."""
    return PageForm(page, form.action, form.method, ("password",) if form.has_password else ())


def find_risks(form: PageForm) -> Iterator[Risk]:
    """Yield the risks of the URL and method that *form* is sent with.

    A form without a `method` attribute may be sent by a script in another way, which its HTML does not show.
    """
    target = form.action or form.page
    uses_http = scheme_of(target) in ("http", "https")
    secrets = " and ".join(_SECRET_NAMES[secret] for secret in form.secrets)
    insecure_urls = [url for url in (form.page, target) if not is_trustworthy(url)]
    if secrets and insecure_urls:
        yield Risk(
            "secrets_in_clear",
            f"Form sends {secrets} over plain http",
            f"A form asks for {secrets} and uses {insecure_urls[-1]!r}, where anyone on the network can read it.",
            "critical",
        )
    elif is_trustworthy(form.page) and not is_trustworthy(target):
        yield Risk(
            "form_in_clear",
            "Form sends over plain http",
            f"The page is encrypted, but its form sends to {target!r}, where anyone on the network can read the data.",
            "high",
        )
    if uses_http and (secrets or form.method == "post") and not is_same_site(form.page, target):
        yield Risk(
            "form_to_other_site",
            "Form sends to another site",
            f"A form{f' that asks for {secrets}' if secrets else ''} sends to {target!r}, which is another site.",
            "high" if secrets else "low",
        )
    if "password" in form.secrets and form.method == "get":
        yield Risk(
            "password_in_url",
            "Password in the URL",
            "A form with a password field uses GET, which puts the password into the URL, and so into browser "
            "histories and server logs, unless a script sends the form in another way.",
            "medium",
            confidence=0.5,
        )


def _asks_for_password(field: FieldFacts) -> bool:
    return field.type.lower() == "password"


def _asks_for_card(field: FieldFacts) -> bool:
    return any(word.startswith("cc-") for word in field.autocomplete.lower().split())


_SECRETS = {"password": _asks_for_password, "card": _asks_for_card}
