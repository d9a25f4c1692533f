"""Where forms send what people type into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from veritas.audit.headers.markup import Form
from veritas.audit.headers.mixed_content import is_same_site, is_trustworthy, scheme_of


@dataclass(frozen=True)
class Destination:
    """A form, and where it sends its fields.

    Attributes:
        page: The page that it stands on.
        action: Where it sends to; "" for fields that stand in no form.
        method: `get`, `post`, `dialog`, or "".
        secrets: Which of `password` and `card` it asks for.
        selector: Where it stands in the page; "" where that is not known.
    """

    page: str
    action: str
    method: str
    secrets: tuple[str, ...] = ()
    selector: str = ""


@dataclass(frozen=True)
class Risk:
    """Something wrong with where a form sends to."""

    kind: str
    title: str
    detail: str
    severity: str
    confidence: float = 1.0


def destination_seen(page: str, form: Mapping[str, Any]) -> Destination:
    """Return a form as the browser saw it: action, method, selector, and fields with type and autocomplete."""
    fields = [field for field in form.get("fields") or () if isinstance(field, Mapping)]
    return Destination(
        page=page,
        action=str(form.get("action") or ""),
        method=str(form.get("method") or "").lower(),
        secrets=tuple(name for name, asks in _SECRETS.items() if any(asks(field) for field in fields)),
        selector=str(form.get("selector") or ""),
    )


def destination_in_markup(page: str, form: Form) -> Destination:
    """Return a form as the server sent it."""
    return Destination(page, form.action, form.method, ("password",) if form.has_password else ())


def find_risks(form: Destination) -> Iterator[Risk]:
    """Yield what is wrong with where *form* sends to.

    A form without a method of its own may be sent by a script in another way, which its markup does not tell.
    """
    target = form.action or form.page
    goes_out = scheme_of(target) in ("http", "https")
    asked = " and ".join({"password": "a password", "card": "a card number"}[secret] for secret in form.secrets)
    in_clear = [url for url in (form.page, target) if not is_trustworthy(url)]
    if asked and in_clear:
        yield Risk(
            "secrets_in_clear",
            "Password or card number in the clear",
            f"A form asks for {asked} and goes over {in_clear[-1]!r}, where anyone on the way can read it.",
            "critical",
        )
    elif is_trustworthy(form.page) and not is_trustworthy(target):
        yield Risk(
            "form_in_clear",
            "Form sent in the clear",
            f"The page comes safely, but its form sends to {target!r}, where anyone on the way can read it.",
            "high",
        )
    if goes_out and (asked or form.method == "post") and not is_same_site(form.page, target):
        yield Risk(
            "form_to_other_site",
            "Form sends to another site",
            f"A form{f' that asks for {asked}' if asked else ''} sends to {target!r}, which is another site.",
            "high" if asked else "low",
        )
    if "password" in form.secrets and form.method == "get":
        yield Risk(
            "password_in_url",
            "Password in the address",
            "A form with a password field uses GET, which puts the password into the address and so into histories "
            "and logs, unless a script sends the form in another way.",
            "medium",
            confidence=0.5,
        )


def _asks_for_password(field: Mapping[str, Any]) -> bool:
    return str(field.get("type", "")).lower() == "password"


def _asks_for_card(field: Mapping[str, Any]) -> bool:
    return any(word.startswith("cc-") for word in str(field.get("autocomplete") or "").lower().split())


_SECRETS = {"password": _asks_for_password, "card": _asks_for_card}
