"""Recognise a page that shows nothing of the site: an empty page, a spinner, a bot challenge, or a consent wall.

Such a page is answered with status 200 and has no dark pattern, so it would look like the best of all pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from veritas.audit.page import PageFacts

# A page with more text shows more than a challenge or a wall.
_SHORT_TEXT = 1_500

# The examiner waits longer than the scout: a page that has this many more texts then has finished loading.
_LATER_TEXTS = 5


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# What vendors of bot protection write on their challenges (Cloudflare, Imperva, Akamai, HUMAN, DataDome, Google, AWS).
_CHALLENGE = _any_of(
    r"checking (?:if the site connection is secure|your browser)",
    r"(?:verif(?:y|ying|ication:?)|confirm) (?:that )?you(?:.| a)re (?:a )?(?:human|not a (?:ro)?bot)",
    r"are you (?:a )?(?:human|robot)\?",
    r"i.m not a robot",
    r"needs to review the security of your connection",
    r"enable javascript and cookies to continue",
    r"pardon our interruption",
    r"press (?:&|and) hold",
    r"unusual (?:traffic|activity) from your",
    r"(?:ddos protection|performance (?:&|and) security) by",
    r"incapsula incident id",
    r"access to this page has been denied",
    r"complete the (?:captcha|security check)",
    r"\bray id\b",
)
_CHALLENGE_TITLES = _any_of(
    r"just a moment",
    r"attention required",
    r"un momento",
    r"einen moment",
    r"un instant",
    r"robot check",
    r"human verification",
    r"security check",
    r"access denied",
    r"captcha",
)
_CHALLENGE_RESOURCES = _any_of(
    r"//challenges\.cloudflare\.com/",
    r"//[\w.-]*captcha-delivery\.com/",
    r"//[\w.-]*\.hcaptcha\.com/",
    r"//client\.px-cloud\.net/",
    r"/_Incapsula_Resource",
    r"/cdn-cgi/challenge-platform/h/",
)

# A line of text that only asks to wait, in the five languages that VERITAS has words for.
_LOADING = _any_of(
    r"(?:(?:the )?(?:page|content|app|application) (?:is )?)?(?:loading|initiali[sz]ing)(?: \w+){0,3}(?:[ .…]*\d+ ?%)?",
    r"please wait",
    r"(?:one|just a) moment",
    r"(?:(?:die )?seite )?(?:wird geladen|lädt)",
    r"bitte (?:etwas )?(?:warten|geduld)",
    r"einen moment(?: bitte)?",
    r"(?:chargement|cargando|caricamento)(?: \w+){0,3}",
    r"(?:veuillez )?patient(?:er|ez)",
    r"(?:por favor,? )?esper[ae]",
    r"attend(?:ere|i|ete)(?: prego)?",
    r"un (?:instant|momento|attimo)",
)
_AROUND_A_LINE = " .…!·•*-\t"
_WITHOUT_SCRIPTS = _any_of(
    r"(?:enable|turn on|activate|requires?|without|needs?) (?:\w+ ){0,2}java ?script",
    r"java ?script (?:\w+ ){0,3}(?:required|disabled|enabled|erforderlich|requis|nécessaire|necessario|necesario)",
    r"java ?script (?:\w+ ){0,3}aktivier\w*",
    r"(?:aktivieren|activez|active|attiva\w*|habilit\w+) (?:\w+ ){0,3}java ?script",
)

# What a page shows in the place of content that its scripts could not make.
_OWN_ERROR = _any_of(
    r"application error",
    r"client-side exception",
    r"something(?:.s| has)? (?:went|gone) wrong",
    r"unexpected error",
    r"failed to load",
    r"could not be loaded",
    r"etwas ist schief",
    r"ein fehler ist aufgetreten",
    r"une erreur",
    r"algo salió mal",
    r"ha ocurrido un error",
    r"si è verificato un errore",
)
_OWN_ERROR_TEXT = 300

# A line of a consent wall: what it is about, or the text of one of its buttons.
_CONSENT = _any_of(
    r"cookie",
    r"consent",
    r"privacy",
    r"personal data",
    r"(?:our|\d+) partners",
    r"before you continue",
    r"datenschutz|einwillig|zustimm|personenbezogen",
    r"données personnelles|confidentialité",
    r"privacidad|datos personales",
    r"dati personali|riservatezza",
)
_ACCEPT = _any_of(
    r"\b(?:accept|agree|allow|continue|ok(?:ay)?|got it)\b",
    r"\b(?:akzeptieren|zustimmen|einverstanden)\b",
    r"\b(?:accepter|continuer|aceptar|continuar|accetta|accetto|continua)\b",
)
_BUTTON_WORDS = 6
_CHOICE = _any_of(
    r"(?:(?:accept|reject|agree|allow|decline|refuse|deny|continue|manage|customi[sz]e|settings|options|preferences|more"
    r"|learn|ok|okay|got|only|alle|akzeptieren|ablehnen|zustimmen|einstellungen|mehr|tout|accepter|refuser|continuer"
    r"|paramétrer|aceptar|rechazar|configurar|accetta|rifiuta|personalizza|imprint|impressum|terms)\b)[^.!?]{0,40}[.!?]?",
)
_CONSENT_HOST = _any_of(r"(?:consent|cmp|guce)\.")


def why_blank(page: PageFacts, texts: int | None = None) -> str | None:
    """Return in a sentence why *page* shows nothing of its site; None if it shows something.

    Args:
        page: The page, as the scout saw it.
        texts: How many texts there were when it was examined later; None if it was not.
    """
    lines = [line.strip() for line in page.text.splitlines() if re.search(r"\w", line)]
    if challenge := _challenge(page):
        return challenge
    if texts is not None and texts > len(lines) + _LATER_TEXTS:
        return None
    if not lines:
        return None if texts else _why_empty(page)
    others = [line for line in lines if not _LOADING.fullmatch(line.strip(_AROUND_A_LINE))]
    if not others:
        return f"The page shows only that it is loading.{_scripts_failed(page)}"
    if page.text_length <= _SHORT_TEXT and all(map(_WITHOUT_SCRIPTS.search, others)):
        return f"The page shows only that it needs scripts, which did not show its content.{_scripts_failed(page)}"
    if page.text_length <= _OWN_ERROR_TEXT and not page.links_internal and _OWN_ERROR.search(page.text):
        return f"The page shows only an error message of its own.{_scripts_failed(page)}"
    if _is_consent_wall(page, lines):
        return "The page shows only a question for consent, before the site can be seen."
    return None


def _challenge(page: PageFacts) -> str | None:
    if any(name.lower() == "cf-mitigated" and value.strip().lower() == "challenge" for name, value in page.headers):
        return "The server answered with a bot challenge, not with the site."
    if page.text_length > _SHORT_TEXT:
        return None
    resources = [request["url"] for request in page.requests] + [script.url for script in page.scripts]
    # A challenge has no links into the site; on a page that has them, such as a form with a captcha, words are less.
    signs = (
        (1 if page.links_internal else 2) * bool(_CHALLENGE.search(page.text)),
        bool(_CHALLENGE_TITLES.search(page.title)),
        any(map(_CHALLENGE_RESOURCES.search, resources)),
    )
    return "The page is a bot challenge, not the site." if sum(signs) >= 2 else None


def _is_consent_wall(page: PageFacts, lines: Sequence[str]) -> bool:
    about = [line for line in lines if _CONSENT.search(line)]
    buttons = (line for line in lines if len(line.split()) <= _BUTTON_WORDS)
    if not about or not any(map(_ACCEPT.search, buttons)):
        return False
    if _CONSENT_HOST.match(urlsplit(page.url).hostname or "") and page.redirects:
        return True
    return page.text_length <= _SHORT_TEXT and all(line in about or _CHOICE.match(line) for line in lines)


def _why_empty(page: PageFacts) -> str:
    if page.iframes_count:
        return "The page shows no text except in frames that cannot be read."
    if failed := _scripts_failed(page):
        return f"The page is blank: it shows no text.{failed}"
    if not page.html_size or not (page.scripts_count + page.inline_scripts_count + page.stylesheets_count):
        return "The page is blank: the server's answer has no text."
    return "The page is blank: it shows no text."


def _scripts_failed(page: PageFacts) -> str:
    """Return a sentence, after a space, if scripts of the page failed; else an empty text."""
    failed = [
        request
        for request in page.requests
        if request["resource_type"] == "script" and (request["failure"] or (request["status"] or 200) >= 400)
    ]
    errors = [error for error in page.console_errors if not error.startswith("Failed to load resource")]
    return " Some of its scripts failed." if failed or errors else ""
