"""Contact data in text: mail addresses, phone numbers and postal addresses.

All patterns have bounded repetition, so that hostile text takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.identity.domains import host_named

# Free mail providers, where anyone can get an address within a minute under any name; registrable domains.
_FREEMAIL = re.compile(
    r"(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|rocketmail|aol|gmx|icloud|proton|protonmail|yandex|zoho)"
    r"\.(?:com?\.[a-z]{2}|com|net|[a-z]{2})|(?:mail|inbox|list|bk|rambler)\.ru|mail\.(?:com|de)|(?:me|mac|pm)\.(?:com"
    r"|me)|web\.de|t-online\.de|"
    r"freenet\.de|posteo\.de|tuta(?:nota)?\.(?:com|de)|(?:free|orange|sfr|wanadoo)\.fr|laposte\.net|bluewin\.ch|"
    r"libero\.it|virgilio\.it|(?:o2|wp|onet|interia)\.pl|seznam\.cz|btinternet\.com|fastmail\.com|hey\.com"
    r"|comcast\.net|"
    r"att\.net|verizon\.net|rediffmail\.com|naver\.com|sina\.com|qq\.com|(?:126|163)\.com"
)

# Providers of disposable addresses.
_DISPOSABLE = re.compile(
    r"10minutemail\.com|dispostable\.com|emailondeck\.com|getnada\.com|guerrillamail\.[a-z]{2,4}|mailcatch\.com|"
    r"maildrop\.cc|mailinator\.com|mailnesia\.com|mintemail\.com|mohmal\.com|sharklasers\.com|temp-?mail\.[a-z]{2,4}|"
    r"tempail\.com|throwawaymail\.com|trash-?mail\.[a-z]{2,4}|yopmail\.[a-z]{2,4}"
)

_PLACEHOLDERS = ("example.com", "example.net", "example.org", "domain.com", "yourdomain.com", "email.com", "sentry.io")

_MAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])([A-Za-z0-9._%+-]{1,64})"
    r"(?:@| ?[\[({]\s?(?:at|ät)\s?[\])}] ?)"
    r"([A-Za-z0-9-]{1,63}(?:(?:\.| ?[\[({]\s?(?:dot|punkt)\s?[\])}] ?)[A-Za-z0-9-]{1,63}){1,4})"
)
_DOT = re.compile(r" ?[\[({]\s?(?:dot|punkt)\s?[\])}] ?")
_INTERNATIONAL_PHONE = re.compile(r"(?<![\w+])(?:\+|00(?=[1-9]))\d[\d \u00a0().\-/]{5,22}\d(?!\w)")
_LABELLED_PHONE = re.compile(
    r"\b(?:tel|t[ée]l|(?:tele)?phon(?:e|ing)|call(?:ing|s)?|ring(?:ing)?|dial|text(?:ing)?|hotline|helpline|mobile?"
    r"|cell|fax"
    r"|whatsapp|sms|(?:our|the) number is|telefon\w{0,10}|telefonisch|ruf(?:en)?|anruf\w{0,2}|handy|mobil"
    r"|t[ée]l[ée]phon\w{0,4}"
    r"|appel\w{0,4}|portable"
    r"|tel[ée]fono|ll[aá]m\w{0,6}|m[óo]vil|celular|chiam\w{0,4}|cellulare|telefon[aiou]\w{0,3}|numero"
    r" verde)\b[^\d\n+(]{0,25}"
    r"(\(?\d[\d \u00a0().\-/]{4,22}\d)(?!\w)",
    re.IGNORECASE,
)
# Numbers that cost the caller nothing are phone numbers anywhere.
_FREEPHONE = re.compile(
    r"(?<![\w+./-])(?:0(?:800|808|805|900)[ \u00a0./-]?\d{2,4}(?:[ \u00a0./-]?\d{2,4}){1,3}"
    r"|1[ .-]\(?8(?:00|33|44|55|66|77|88)\)?[ .-]\d{3}[ .-]?\d{4}|(?:800|900)[ .-]\d{3}[ .-]\d{3})(?![\w/-])"
)
_STREET_THEN_CODE = re.compile(
    r"[^\W\d][^\d\n,;:|]{3,50} \d{1,4} ?[a-zA-Z]?[,\n ]{1,3}(?:[A-Z]{1,2}-)?\d{4,5} ?[A-ZÄÖÜÉ][^\W\d]{2,30}"
)
_BRITISH_CODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")
_AMERICAN_CODE = re.compile(
    r", (?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|"
    r"W[AIVY]) \d{5}(?:-\d{4})?\b"
)
_MAX_LINE = 160


def find_mail(text: str) -> Iterator[str]:
    """Yield the mail addresses in *text*, also those written as `name [at] site [dot] org`."""
    for match in _MAIL.finditer(text):
        address = mail_address(f"{match.group(1)}@{_DOT.sub('.', match.group(2))}")
        if address:
            yield address


def mail_address(text: str) -> str | None:
    """Return *text* as a mail address with its domain in ASCII, or None if it cannot be a real address."""
    local, _, domain = text.strip().rpartition("@")
    host = host_named(domain)
    local = local.strip().strip(".-")
    if not local or len(local) > 64 or host is None or host.is_address or host.registrable in _PLACEHOLDERS:
        return None
    if "." not in host.name or re.search(r"[\s<>\"(),:;]", local) or host.name.endswith((".png", ".jpg", ".svg")):
        return None
    return f"{local.lower()}@{host.name}"


def provider_kind(domain: str) -> str | None:
    """Return `disposable` or `freemail` if *domain* belongs to such a mail provider, else None."""
    return "disposable" if _DISPOSABLE.fullmatch(domain) else "freemail" if _FREEMAIL.fullmatch(domain) else None


def find_phones(text: str) -> Iterator[str]:
    """Yield the phone numbers in *text*: international ones anywhere, freephone ones too, others only
    after a word such as "phone"."""
    international = [match.group() for match in _INTERNATIONAL_PHONE.finditer(text)]
    labelled = [match.group(1) for match in _LABELLED_PHONE.finditer(text)]
    freephone = [match.group() for match in _FREEPHONE.finditer(text)]
    numbers = [phone_number(written) for written in (*international, *labelled, *freephone)]
    yield from dict.fromkeys(number for number in numbers if number)


def phone_number(text: str) -> str | None:
    """Return *text* as digits, with a `+` in front if it is international; None if it is not a phone number."""
    number = text.replace("(0)", "").strip()
    digits = re.sub(r"\D", "", number)
    is_international = number.startswith(("+", "00"))
    if number.startswith("00"):
        digits = digits[2:]
    return f"{'+' if is_international else ''}{digits}" if 6 <= len(digits) <= 15 and digits.isascii() else None


def find_addresses(text: str) -> Iterator[str]:
    """Yield likely postal addresses: street, number and postal code, or a line with a British or American code."""
    for match in _STREET_THEN_CODE.finditer(text):
        yield one_line(match.group())
    for line in text.splitlines():
        if len(line) <= _MAX_LINE and (_BRITISH_CODE.search(line) or _AMERICAN_CODE.search(line)):
            yield one_line(line)


def one_line(text: str) -> str:
    """Return *text* on one line, without doubled spaces."""
    return " ".join(text.split())[:_MAX_LINE]
