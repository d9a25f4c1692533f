"""Hosts: their registrable domains, and host names that look like others.

Registrable domains follow the public-suffix list that tldextract includes; nothing is fetched or cached. Private
suffixes count, because the owner of `shop.blogspot.com` does not own `blogspot.com`.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import tldextract

# Names that are never on the public internet (RFC 6761, 6762, 8375 and 9476; ICANN's .internal).
LOCAL_SUFFIXES = ("localhost", "local", "internal", "test", "example", "invalid", "alt", "onion", "home.arpa")

# Letters that look like Latin ones in most fonts; a label of only these reads as a Latin word.
_CYRILLIC = zip("асԁеһіјӏорԗԛѕԝхуъьҽпгѵѡ", "acdehijlopqqswxybbenrvw", strict=True)
_GREEK = zip("αγικνορτυωϲϳ", "ayikvoptuwcj", strict=True)
LATIN_LOOKALIKES = dict([*_CYRILLIC, *_GREEK])

# Scripts that are normally written together.
_COMMON_MIXTURES = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
_DOTS = re.compile("[.。．｡]")
_MAX_NAME = 253
_MAX_LABEL = 63


@dataclass(frozen=True)
class Host:
    """The host of a URL.

    Attributes:
        name: The name as it is sent: ASCII, lower case, no brackets, no final dot.
        shown: The name as people read it, with punycode decoded.
        kind: `name`, `local` (never on the public internet), `ipv4` or `ipv6`.
        registrable: The registrable domain; None for IP addresses, local names and public suffixes themselves.
        platform: The private public suffix that the host is under, such as `blogspot.com`, or None.
        public: Whether the host can be looked up on the public internet.
    """

    name: str
    shown: str
    kind: str
    registrable: str | None
    platform: str | None
    public: bool

    @property
    def is_address(self) -> bool:
        """True if the host is an IP address."""
        return self.kind in ("ipv4", "ipv6")


@dataclass(frozen=True)
class Lookalike:
    """A reason why people mistake a host's name for another.

    Attributes:
        kind: `mixed_scripts`, `latin_lookalike` or `embedded_domain`.
        part: The label or labels that look like another name, as people read them.
        reads_as: The name that people read.
        detail: The reason, as a predicate such as "mixes the scripts …".
    """

    kind: str
    part: str
    reads_as: str
    detail: str


def host_of(url: str) -> Host | None:
    """Return the host of *url*, or None if it has no valid host or an invalid port."""
    try:
        split = urlsplit(url)
        name, _ = split.hostname, split.port  # reading the port validates it
    except ValueError:
        return None
    return host_named(name) if name else None


def host_named(name: str) -> Host | None:
    """Return the host called *name*, or None if it is not a valid host name."""
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
    """Return the registrable domain of a URL or a host name, or None if it has none."""
    host = host_of(url_or_name) if "//" in url_or_name else host_named(url_or_name)
    return host.registrable if host else None


def same_site(one: Host, other: Host) -> bool:
    """Return whether both hosts are of the same site: the same registrable domain or, without one, the same host."""
    return one.name == other.name or (one.registrable is not None and one.registrable == other.registrable)


def find_lookalikes(host: Host) -> list[Lookalike]:
    """Return the reasons why people may mistake *host* for another."""
    if host.is_address:
        return []
    lookalikes = []
    labels = host.shown.split(".")
    home_scripts = scripts_of(labels[-1])  # under a Cyrillic top-level domain, people expect Cyrillic words
    for label in labels:
        scripts = scripts_of(label)
        reads_as = "".join(LATIN_LOOKALIKES.get(letter, letter) for letter in label)
        if len(scripts) > 1 and not any(scripts <= mixture for mixture in _COMMON_MIXTURES):
            detail = f"mixes the scripts {', '.join(sorted(name.title() for name in scripts))}"
            lookalikes.append(Lookalike("mixed_scripts", label, reads_as, detail))
        elif reads_as != label and reads_as.isascii() and scripts != home_scripts:
            script = next(iter(scripts)).title()
            detail = f"has only {script} letters, but looks Latin"
            lookalikes.append(Lookalike("latin_lookalike", label, reads_as, detail))
    embedded = _embedded_domain(host)
    if embedded:
        lookalikes.append(Lookalike("embedded_domain", host.shown, embedded, "begins with another site's domain"))
    return lookalikes


def scripts_of(label: str) -> frozenset[str]:
    """Return the scripts of the letters in *label*, by the first word of their Unicode names."""
    names = (unicodedata.name(letter, "UNKNOWN") for letter in label if unicodedata.category(letter).startswith("L"))
    return frozenset(name.split()[0].split("-")[0] for name in names)


@cache
def _suffix_list() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def _to_ascii(name: str) -> str:
    """Return *name* in ASCII, or "" if it is invalid: the part of UTS 46 that changes a name in browsers."""
    labels = _DOTS.split(unicodedata.normalize("NFKC", name).lower())
    if labels[-1] == "":
        labels.pop()
    encoded = [label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in labels]
    is_valid = all(0 < len(label) <= _MAX_LABEL and not re.search(r"[^a-z0-9_-]", label) for label in encoded)
    ascii_name = ".".join(encoded)
    return ascii_name if encoded and is_valid and len(ascii_name) <= _MAX_NAME else ""


def _label_to_unicode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except (ValueError, OverflowError):
        return label
    return decoded if decoded.isprintable() else label


def _embedded_domain(host: Host) -> str | None:
    """Return another site's registrable domain in the first labels, as in `paypal.com.login.example`, or None."""
    if host.registrable is None or host.platform:
        return None
    labels = host.name.removesuffix(host.registrable).rstrip(".").split(".")
    for end in range(len(labels), 1, -1):
        parts = _suffix_list()(".".join(labels[:end]))
        if parts.suffix in ("com", "net", "org") and parts.domain not in ("", "www"):
            return f"{parts.domain}.{parts.suffix}"
    return None
