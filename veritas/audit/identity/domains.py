"""Hosts: which registrable domain one belongs to, and whether its name is made to be mistaken for another.

Registrable domains follow the public-suffix list that tldextract carries; nothing is fetched or cached. Private
suffixes count, since whoever owns `shop.blogspot.com` does not own `blogspot.com`.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import tldextract

# Names that never stand for a machine on the public internet (RFC 6761, 6762, 8375 and 9476; ICANN's .internal).
LOCAL_SUFFIXES = ("localhost", "local", "internal", "test", "example", "invalid", "alt", "onion", "home.arpa")

# Letters that most fonts draw like Latin ones; a label of nothing but these reads as a Latin word.
_CYRILLIC = zip("асԁеһіјӏорԗԛѕԝхуъьҽпгѵѡ", "acdehijlopqqswxybbenrvw", strict=True)
_GREEK = zip("αγικνορτυωϲϳ", "ayikvoptuwcj", strict=True)
LATIN_LOOKALIKES = dict([*_CYRILLIC, *_GREEK])

# Scripts that are written together as a matter of course.
_HABITUAL_MIXTURES = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
_DOTS = re.compile("[.。．｡]")
_MAX_NAME = 253
_MAX_LABEL = 63


@dataclass(frozen=True)
class Host:
    """The host of an address.

    Attributes:
        name: As it goes over the wire: ASCII, lower case, no brackets, no final dot.
        shown: As people read it, with punycode decoded.
        kind: `name`, `local` (never on the public internet), `ipv4` or `ipv6`.
        registrable: The domain that somebody registered; None for addresses, local names and bare public suffixes.
        platform: The private public suffix it stands under, such as `blogspot.com`; None where there is none.
        public: Whether it can be asked about on the public internet.
    """

    name: str
    shown: str
    kind: str
    registrable: str | None
    platform: str | None
    public: bool

    @property
    def is_address(self) -> bool:
        """Say whether it is an IP address."""
        return self.kind in ("ipv4", "ipv6")


@dataclass(frozen=True)
class Disguise:
    """Something about a host's name that makes people take it for another.

    Attributes:
        kind: `mixed_scripts`, `latin_lookalike` or `embedded_domain`.
        part: The label or labels at fault, as people read them.
        reads_as: What it is taken for.
        detail: What was seen, as a clause.
    """

    kind: str
    part: str
    reads_as: str
    detail: str


def host_of(url: str) -> Host | None:
    """Return the host of *url*, or None where it has none, or an impossible port."""
    try:
        split = urlsplit(url)
        name, _ = split.hostname, split.port  # asking for the port is what checks it
    except ValueError:
        return None
    return host_named(name) if name else None


def host_named(name: str) -> Host | None:
    """Return the host called *name*, or None where no host can be called that."""
    bare = name.strip().strip("[]").partition("%")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        pass
    else:
        return Host(str(address), str(address), f"ipv{address.version}", None, None, public=address.is_global)
    ascii_name = _to_ascii(bare)
    if not ascii_name:
        return None
    shown = ".".join(_label_to_unicode(label) for label in ascii_name.split("."))
    if any(ascii_name == suffix or ascii_name.endswith(f".{suffix}") for suffix in LOCAL_SUFFIXES):
        return Host(ascii_name, shown, "local", None, None, public=False)
    parts = _suffix_list()(ascii_name)
    if not parts.suffix:
        return Host(ascii_name, shown, "local", None, None, public=False)
    return Host(
        ascii_name,
        shown,
        "name",
        registrable=f"{parts.domain}.{parts.suffix}" if parts.domain else None,
        platform=parts.suffix if parts.is_private else None,
        public=True,
    )


def registrable_domain(url_or_name: str) -> str | None:
    """Return the registrable domain of an address or a host name, or None where it has none."""
    host = host_of(url_or_name) if "//" in url_or_name else host_named(url_or_name)
    return host.registrable if host else None


def same_site(one: Host, other: Host) -> bool:
    """Say whether both hosts belong to the same owner: the same registrable domain, or where there is none, host."""
    return one.name == other.name or (one.registrable is not None and one.registrable == other.registrable)


def disguises(host: Host) -> list[Disguise]:
    """Return what makes *host* likely to be taken for another."""
    if host.is_address:
        return []
    found = []
    labels = host.shown.split(".")
    home_scripts = scripts_of(labels[-1])  # under a Cyrillic top level, Cyrillic words are what people expect
    for label in labels:
        scripts = scripts_of(label)
        reads_as = "".join(LATIN_LOOKALIKES.get(letter, letter) for letter in label)
        if len(scripts) > 1 and not any(scripts <= mixture for mixture in _HABITUAL_MIXTURES):
            detail = f"mixes the scripts {', '.join(sorted(name.title() for name in scripts))}"
            found.append(Disguise("mixed_scripts", label, reads_as, detail))
        elif reads_as != label and reads_as.isascii() and scripts != home_scripts:
            script = next(iter(scripts)).title()
            found.append(Disguise("latin_lookalike", label, reads_as, f"is {script} throughout and looks Latin"))
    embedded = _embedded_domain(host)
    if embedded:
        found.append(Disguise("embedded_domain", host.shown, embedded, "carries another site's whole domain in front"))
    return found


def scripts_of(label: str) -> frozenset[str]:
    """Return the scripts of the letters in *label*, by the first word of their Unicode names."""
    names = (unicodedata.name(letter, "UNKNOWN") for letter in label if unicodedata.category(letter).startswith("L"))
    return frozenset(name.split()[0].split("-")[0] for name in names)


@cache
def _suffix_list() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def _to_ascii(name: str) -> str:
    """Return *name* as it goes over the wire, or "" where it cannot: UTS 46 as far as browsers' results show it."""
    labels = _DOTS.split(unicodedata.normalize("NFKC", name).lower())
    if labels[-1] == "":
        labels.pop()
    encoded = [label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in labels]
    fits = all(0 < len(label) <= _MAX_LABEL and not re.search(r"[^a-z0-9_-]", label) for label in encoded)
    ascii_name = ".".join(encoded)
    return ascii_name if encoded and fits and len(ascii_name) <= _MAX_NAME else ""


def _label_to_unicode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except (ValueError, OverflowError):
        return label
    return decoded if decoded.isprintable() else label


def _embedded_domain(host: Host) -> str | None:
    """Return the registrable domain that the labels in front spell out, as in `paypal.com.login.example`."""
    if host.registrable is None or host.platform:
        return None
    labels = host.name.removesuffix(host.registrable).rstrip(".").split(".")
    for end in range(len(labels), 1, -1):
        parts = _suffix_list()(".".join(labels[:end]))
        if parts.suffix in ("com", "net", "org") and parts.domain not in ("", "www"):
            return f"{parts.domain}.{parts.suffix}"
    return None
