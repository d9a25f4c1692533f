"""Company names: finding them in text, and comparing them."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator

_MAX_NAME = 80
_MAX_WORDS = 6
_MAX_NOTICES = 20

# The bare word "copyright" is rarely a notice, and (c) may number a list, so both need a sign or a year.
_COPYRIGHT = re.compile(r"©|\bcopyright\s{0,3}\(c\)|(?:\bcopyright|\(c\))\s{0,3}(?=(?:19|20)\d{2}\b)", re.IGNORECASE)
_YEARS = re.compile(r"(?:\b(?:19|20)\d{2}\b|\bpresent\b|\bby\b|\bcopyright\b|©|\(c\)|[\s,.:–—/-])+", re.IGNORECASE)
_END_OF_NAME = re.compile(
    r"all rights|alle rechte|tous droits|todos los|tutti i diritti|reservados|\bpowered\b|\bwebsite by\b|"
    r"\bdesign(?:ed)? by\b|[\s,(]+(?:19|20)\d{2}\b|\s[|·•–—-]\s|[|·•;\n\t]|"
    r"\.(?=\s|$)(?<!\bInc\.)(?<!\bLtd\.)(?<!\bCo\.)(?<!\bCorp\.)(?<!\bSt\.)(?<!\bDr\.)",
    re.IGNORECASE,
)
_LEGAL_FORM = re.compile(
    r"(?<=[\w&.)] )(?:GmbH(?: & Co\. ?KG)?|UG(?: \(haftungsbeschränkt\))?|AG|KG|OHG|e\.K\.|Ltd\.?|Limited|LLC|"
    r"L\.L\.C\.|LLP|Inc\.?|Corp\.?|PLC|Pty\.? Ltd\.?|S\.A\.S?|SARL|SASU?|S\.L\.U?|S\.r\.l\.|S\.p\.A\.|B\.V\.|BV|"
    r"N\.V\.|Oy|ApS|A/S|Sp\. z o\.o\.|s\.r\.o\.|Kft\.?|EOOD|d\.o\.o\.)(?!\w)"
)
# Words that do not distinguish companies: legal forms in lower case without dots, and conjunctions.
_LEGAL_WORDS = re.compile(
    r"g?mbh|ug|haftungsbeschrankt|ag|kg|kgaa|ohg|ek|ev|gbr|co|company|ltd|limited|llc|llp|lp|plc|pty|inc|incorporated|"
    r"corp|corporation|sa|sas|sasu|sarl|slu?|srl|spa|bv|nv|vof|oyj?|ab|aps|as|sp|z|oo|sro|kft|zrt|e?ood|doo|se|"
    r"holding|group|the|and|und|et|y|e"
)
_NOT_NAMES = frozenset({"", "all", "rights", "year", "your company", "company name", "this site", "us", "the"})


def find_copyright_holders(text: str) -> Iterator[str]:
    """Yield the names that follow a copyright sign."""
    for match in deque(_COPYRIGHT.finditer(text), maxlen=_MAX_NOTICES):  # the page's own notice is at its foot
        rest = text[match.end() : match.end() + 2 * _MAX_NAME].split("\n", 1)[0]
        years = _YEARS.match(rest)
        name = company_name(_END_OF_NAME.split(rest[years.end() :] if years else rest, maxsplit=1)[0])
        if name:
            yield name


def find_companies(text: str) -> Iterator[str]:
    """Yield the company names that end in a legal form, such as `Blumen Krause GmbH`."""
    for match in _LEGAL_FORM.finditer(text):
        line = text[max(0, match.start() - _MAX_NAME) : match.start()].rsplit("\n", 1)[-1]
        words: list[str] = []
        for word in reversed(line.split()):
            starts_name = word[0].isupper() or word[0].isdigit() or word == "&"
            if not starts_name or _YEARS.fullmatch(word) or len(words) == _MAX_WORDS or (words and word[-1] in ",;:.|"):
                break
            words.insert(0, word)
        name = company_name(" ".join([*words, match.group()])) if words else None
        if name:
            yield name


def company_name(text: str) -> str | None:
    """Return *text* as a company name, or None if it cannot be one."""
    name = " ".join(text.split()).strip(" ,;:|–—-")
    if name.rpartition(" ")[2].count(".") == 1:  # `Ltd.` is `Ltd`, but `S.A.` is not `S.A`
        name = name.removesuffix(".")
    has_letters = any(character.isalpha() for character in name)
    return name if has_letters and 1 < len(name) <= _MAX_NAME and name.lower() not in _NOT_NAMES else None


def same_company(one: str, other: str) -> bool:
    """Return whether two names probably mean the same company: one has all words of the other, except legal forms.

    `Acme`, `ACME Inc.` and `Acme Trading Ltd` are the same; `Acme Ltd` and `Globex Ltd` are not.
    """
    first, second = _significant_words(one), _significant_words(other)
    if not first or not second:
        return True  # a name that is only a legal form contradicts no other
    return first <= second or second <= first or _joined(one) == _joined(other)


def named_in(name: str, domain_label: str) -> bool:
    """Return whether a domain's first label, such as `blumen-krause`, contains or abbreviates the company *name*."""
    label = re.sub(r"[^a-z0-9]", "", _plain(domain_label))
    words = _significant_words(name)
    initials = "".join(word[0] for word in re.findall(r"[a-z0-9]+", _plain(name)))
    return any(len(word) > 2 and word in label for word in words) or label == initials or label in _joined(name)


def _significant_words(name: str) -> frozenset[str]:
    return frozenset(_words(name))


def _joined(name: str) -> str:
    """Return the name as one word, so that `Blumen Krause` equals `BlumenKrause`."""
    return "".join(_words(name))


def _words(name: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+", _plain(name)) if not _LEGAL_WORDS.fullmatch(word)]


def _plain(name: str) -> str:
    """Return *name* in lower case, without accents and dots, so that `S.A.` becomes `sa`."""
    decomposed = unicodedata.normalize("NFKD", name.replace(".", "")).casefold()
    return "".join(character for character in decomposed if not unicodedata.combining(character))
