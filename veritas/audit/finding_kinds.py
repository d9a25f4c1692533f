"""The catalogue of the kinds of findings: which phase looks for each, what it means, and where to read more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from veritas.audit.headers.outcomes import OUTCOMES

_HEADERS = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/"
_DARK_PATTERNS = "https://doi.org/10.1145/3359183"  # Mathur et al. 2019
_LOOKALIKES = "https://www.unicode.org/reports/tr39/"
_CERTIFICATES = "https://www.rfc-editor.org/rfc/rfc5280"
_MAIL = "https://www.rfc-editor.org/rfc/rfc7489"
_PROVIDER = "https://eur-lex.europa.eu/eli/dir/2000/31/oj"  # what the provider of a service has to say of itself
_HTTP = "https://www.rfc-editor.org/rfc/rfc9110"
_MIXED_CONTENT = "https://www.w3.org/TR/mixed-content/"


@dataclass(frozen=True)
class FindingKind:
    """A kind of finding.

    Attributes:
        name: The slug: `Finding.kind`.
        phase: The phase that looks for it: `vision`, `security` or `graph`.
        title: A few words for people.
        meaning: What it means, in a sentence.
        help_url: A page that explains it.
        test: The test of the headers that finds it; empty for a kind that no such test finds.
        severity: Its severity if such a test finds it; empty otherwise.
    """

    name: str
    phase: str
    title: str
    meaning: str
    help_url: str
    test: str = ""
    severity: str = ""


# The page that explains each test of the headers.
_TESTS = {
    "content-security-policy": f"{_HEADERS}Content-Security-Policy",
    "cookies": f"{_HEADERS}Set-Cookie",
    "cross-origin-resource-sharing": "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS",
    "redirection": "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Redirections",
    "referrer-policy": f"{_HEADERS}Referrer-Policy",
    "strict-transport-security": f"{_HEADERS}Strict-Transport-Security",
    "subresource-integrity": "https://developer.mozilla.org/en-US/docs/Web/Security/Subresource_Integrity",
    "x-content-type-options": f"{_HEADERS}X-Content-Type-Options",
    "x-frame-options": f"{_HEADERS}X-Frame-Options",
    "cross-origin-resource-policy": f"{_HEADERS}Cross-Origin-Resource-Policy",
    "cross-origin-embedder-policy": f"{_HEADERS}Cross-Origin-Embedder-Policy",
    "cross-origin-opener-policy": f"{_HEADERS}Cross-Origin-Opener-Policy",
}

# Each dark pattern's title and meaning.
_PATTERNS = {
    "countdown_resets": ("Countdown timer restarts", "A countdown begins again when the page is loaded again."),
    "countdown_outlives_zero": ("Countdown timer has no effect", "The offer is the same after its countdown ended."),
    "countdown_frozen": ("Countdown timer does not run", "A countdown shows a time that does not pass."),
    "false_scarcity": ("Fake stock or demand claim", "The page itself makes up how much is left or wanted."),
    "false_activity": ("Fake activity claim", "The page itself makes up what other customers do."),
    "false_urgency": ("Fake urgency claim", "The page itself makes up a limited time."),
    "scarcity_claim": (
        "Stock or demand claim",
        "The page says that little is left or much is wanted; nothing shows it.",
    ),
    "activity_claim": ("Activity claim", "The page says what other customers do, and nothing on it shows that."),
    "urgency_claim": ("Urgency claim", "The page says that time is short, and nothing on it shows that."),
    "made_up_number": ("Made-up number", "A number that looks measured is made up by the page."),
    "sneaked_item": ("Sneak into basket", "The basket has something that the visitor did not choose."),
    "hidden_cost": ("Hidden cost", "A fee is in small print, or is added only when the order is placed."),
    "hidden_subscription": ("Recurring charge in small print", "A charge that recurs is stated in small print only."),
    "preselected_extra": ("Preselected extra", "An extra that costs something is selected in advance."),
    "preselected_consent": ("Preselected consent", "A consent is given in advance."),
    "preselected_dearer": (
        "Preselected expensive option",
        "The option that is selected in advance is not the cheapest.",
    ),
    "pressured_selling": ("Pressured selling", "The page presses the visitor to buy more."),
    "confirmshaming": ("Confirmshaming", "The words of a choice shame the visitor who declines."),
    "weak_decline": ("Reject option hard to see", "The choice to decline is harder to see than the one to accept."),
    "consent_without_reject": (
        "Cookie banner without reject option",
        "Cookies are accepted by one click, and not rejected.",
    ),
    "trick_question": ("Trick question", "The words of a choice mean something else than they seem to."),
    "bundled_consent": ("Bundled consent", "One box accepts two things that have nothing to do with each other."),
    "hard_to_cancel": ("Hard to cancel", "To cancel, the visitor has to contact the seller."),
    "buried_exit": ("Cancel option hard to see", "The option to cancel is small, faint or far down the page."),
    "forced_signup": ("Forced enrollment", "The visitor has to create an account that the purchase does not need."),
}

# What else the security phase finds: the title, the meaning and the page that explains it.
_CONNECTIONS = {
    "mixed_content_active": (
        "Active mixed content",
        "An encrypted page loads scripts or frames over http:, which anyone on the network can change.",
        _MIXED_CONTENT,
    ),
    "mixed_content_passive": (
        "Passive mixed content",
        "An encrypted page loads images or media over http:, which anyone on the network can read and replace.",
        _MIXED_CONTENT,
    ),
    "secrets_in_clear": (
        "Form sends secrets over plain http",
        "A form asks for a password or a card number, and anyone on the network can read it.",
        "https://www.w3.org/TR/secure-contexts/",
    ),
    "form_in_clear": (
        "Form sends over plain http",
        "An encrypted page has a form whose data anyone on the network can read.",
        _MIXED_CONTENT,
    ),
    "form_to_other_site": (
        "Form sends to another site",
        "A form sends its data to another site than the one that shows it.",
        f"{_HTTP}#section-17",
    ),
    "password_in_url": (
        "Password in the URL",
        "A form puts a password into the URL, and so into histories and logs.",
        f"{_HTTP}#section-17.9",
    ),
    "private_network_requests": (
        "Page requests private network addresses",
        "A public page makes requests to addresses that are in the visitor's own network.",
        "https://wicg.github.io/private-network-access/",
    ),
}

# What the graph phase finds.
_OWNERS = {
    "host_is_address": (
        "IP address instead of a host name",
        "The site has no name that says whose it is.",
        _LOOKALIKES,
    ),
    "host_mixed_scripts": ("Lookalike host name", "The host name mixes letters of several scripts.", _LOOKALIKES),
    "host_latin_lookalike": ("Lookalike host name", "The host name looks Latin and is not.", _LOOKALIKES),
    "host_embedded_domain": ("Lookalike host name", "The host name begins with another site's domain.", _LOOKALIKES),
    "host_internationalised": (
        "Internationalised host name",
        "The host name has letters outside ASCII, which some programs show in another form.",
        "https://www.rfc-editor.org/rfc/rfc5890",
    ),
    "host_not_in_dns": (
        "The DNS does not know the host",
        "The host's name has no address in the DNS.",
        "https://www.rfc-editor.org/rfc/rfc1034",
    ),
    "leads_to_another_site": ("Redirect to another site", "The URL leads to another site.", f"{_HTTP}#section-15.4"),
    "canonical_elsewhere": (
        "Canonical link to another site",
        "The page says that its own address is on another site.",
        "https://www.rfc-editor.org/rfc/rfc6596",
    ),
    "certificate_expired": ("The certificate has expired", "The site's certificate is no longer valid.", _CERTIFICATES),
    "certificate_not_yet_valid": (
        "The certificate is not valid yet",
        "The site's certificate begins to be valid in the future.",
        _CERTIFICATES,
    ),
    "renewal_overdue": (
        "The certificate is about to expire",
        "The site's certificate expires within days and has not been renewed.",
        _CERTIFICATES,
    ),
    "certificate_wrong_host": (
        "The certificate is issued for another host",
        "The site's certificate does not have the host's name.",
        "https://www.rfc-editor.org/rfc/rfc9525",
    ),
    "certificate_untrusted": (
        "The certificate is not from a trusted authority",
        "No authority that browsers trust says whose the certificate is.",
        _CERTIFICATES,
    ),
    "certificate_weak": (
        "The certificate is weak",
        "The key or the signature of the site's certificate can be forged with enough effort.",
        _CERTIFICATES,
    ),
    "company_differs_from_certificate": (
        "Certificate and pages name different companies",
        "The company in the certificate is not the one that the pages name.",
        _PROVIDER,
    ),
    "company_names_differ": (
        "Several companies named as owner",
        "The pages name more than one company as their owner.",
        _PROVIDER,
    ),
    "contact_missing": ("No contact data", "The pages do not say how to reach who runs the site.", _PROVIDER),
    "contact_incomplete": ("Incomplete contact data", "The pages leave out a part of the contact data.", _PROVIDER),
    "registration_number_invalid": (
        "Invalid register number",
        "The check digits of the company's register number are wrong.",
        _PROVIDER,
    ),
    "mail_undeliverable": ("Mail address that cannot receive mail", "Mail to the address cannot arrive.", _MAIL),
    "mail_forgeable": ("Mail can be sent in the site's name", "Anyone can send mail with the site's domain.", _MAIL),
    "mail_disposable": ("Disposable mail address", "The mail address is of a service for short use.", _MAIL),
    "mail_at_freemail": (
        "Free mail provider as the only contact",
        "The only mail address is of a provider that gives one to anyone.",
        _MAIL,
    ),
    "mail_at_other_domain": ("Mail goes to another domain", "The mail address is not of the site's domain.", _MAIL),
}

# Every kind of finding that an audit can have, by its name.
FINDING_KINDS: Mapping[str, FindingKind] = {
    kind.name: kind
    for kind in (
        *(FindingKind(name, "vision", *words, _DARK_PATTERNS) for name, words in _PATTERNS.items()),
        *(
            FindingKind(name, "security", outcome.title, outcome.meaning, _TESTS[test], test, outcome.severity)
            for test, outcomes in OUTCOMES.items()
            for name, outcome in outcomes.items()
            if not outcome.passes
        ),
        *(FindingKind(name, "security", *words) for name, words in _CONNECTIONS.items()),
        *(FindingKind(name, "graph", *words) for name, words in _OWNERS.items()),
    )
}
