"""Names of companies: where a page gives its owner's, and when two of them mean the same."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator

_MAX_NAME = 80
_MAX_WORDS = 6
_MAX_NOTICES = 20

# The bare word is about copyright more often than it claims one, and (c) numbers a list: these need a sign or a year.
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
# Words that say what a company is, not which: legal forms in lower case without dots, and what goes between names.
_LEGAL_WORDS = re.compile(
    r"g?mbh|ug|haftungsbeschrankt|ag|kg|kgaa|ohg|ek|ev|gbr|co|company|ltd|limited|llc|llp|lp|plc|pty|inc|incorporated|"
    r"corp|corporation|sa|sas|sasu|sarl|slu?|srl|spa|bv|nv|vof|oyj?|ab|aps|as|sp|z|oo|sro|kft|zrt|e?ood|doo|se|"
    r"holding|group|the|and|und|et|y|e"
)
_NOT_NAMES = frozenset({"", "all", "rights", "year", "your company", "company name", "this site", "us", "the"})


def find_copyright_holders(text: str) -> Iterator[str]:
    """Yield the names that follow a copyright sign."""
    for match in deque(_COPYRIGHT.finditer(text), maxlen=_MAX_NOTICES):  # the page's own stands at its foot
        rest = text[match.end() : match.end() + 2 * _MAX_NAME].split("\n", 1)[0]
        years = _YEARS.match(rest)
        name = company_name(_END_OF_NAME.split(rest[years.end() :] if years else rest, maxsplit=1)[0])
        if name:
            yield name


def find_companies(text: str) -> Iterator[str]:
    """Yield the names that end in a legal form, such as `Blumen Krause GmbH`."""
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
    """Return *text* as a company's name, or None where it cannot be one."""
    name = " ".join(text.split()).strip(" ,;:|–—-")
    if name.rpartition(" ")[2].count(".") == 1:  # `Ltd.` at a sentence's end is `Ltd`; `S.A.` is not `S.A`
        name = name.removesuffix(".")
    letters = any(character.isalpha() for character in name)
    return name if letters and 1 < len(name) <= _MAX_NAME and name.lower() not in _NOT_NAMES else None


def same_company(one: str, other: str) -> bool:
    """Say whether two names may well mean one company: the words of one, legal form aside, are among the other's.

    `Acme`, `ACME Inc.` and `Acme Trading Ltd` are the same; `Acme Ltd` and `Globex Ltd` are not.
    """
    first, second = _significant_words(one), _significant_words(other)
    if not first or not second:
        return True  # nothing but legal forms: no disagreement can be read from that
    return first <= second or second <= first or _run(one) == _run(other)


def named_in(name: str, domain_label: str) -> bool:
    """Say whether a domain's own label, such as `blumen-krause`, has to do with the company called *name*."""
    label = re.sub(r"[^a-z0-9]", "", _plain(domain_label))
    words = _significant_words(name)
    initials = "".join(word[0] for word in re.findall(r"[a-z0-9]+", _plain(name)))
    return (
        any(len(word) > 2 and word in label for word in words) or label in (_run(name), initials) or label in _run(name)
    )


def _significant_words(name: str) -> frozenset[str]:
    return frozenset(_words(name))


def _run(name: str) -> str:
    """Return the name as one word, so that `Blumen Krause` equals `BlumenKrause`."""
    return "".join(_words(name))


def _words(name: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+", _plain(name)) if not _LEGAL_WORDS.fullmatch(word)]


def _plain(name: str) -> str:
    """Return *name* in lower case and without accents; dots vanish, so that `S.A.` becomes `sa`."""
    decomposed = unicodedata.normalize("NFKD", name.replace(".", "")).casefold()
    return "".join(character for character in decomposed if not unicodedata.combining(character))
