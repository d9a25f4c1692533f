"""The address ranges that are not the public internet, and hosts that are spelled as addresses.

The ranges are those of IANA's special-purpose registries (https://www.iana.org/assignments/iana-ipv4-special-registry
and iana-ipv6-special-registry), and the addresses at which clouds hand out credentials. A table of our own, and not
`ipaddress.is_global`: what that means has changed between releases of Python.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

METADATA = "cloud metadata"
UNSPECIFIED = "unspecified"

# The first row that has an address names its range, so a row inside another comes before it.
_RANGES: tuple[tuple[str, str], ...] = (
    (METADATA, "169.254.169.254/32"),  # AWS, Azure, Google, Oracle, OpenStack, DigitalOcean
    (METADATA, "169.254.170.2/32"),  # AWS: containers of ECS
    (METADATA, "169.254.170.23/32"),  # AWS: pods of EKS
    (METADATA, "100.100.100.200/32"),  # Alibaba
    (METADATA, "168.63.129.16/32"),  # Azure, although the range is public
    (METADATA, "192.0.0.192/32"),  # Oracle
    (METADATA, "fd00:ec2::254/128"),  # AWS
    (METADATA, "fd00:ec2::23/128"),  # AWS: pods of EKS
    (METADATA, "fd20:ce::254/128"),  # Google
    (METADATA, "fd00:42::42/128"),  # Scaleway
    (UNSPECIFIED, "0.0.0.0/32"),
    ("reserved", "0.0.0.0/8"),
    ("private", "10.0.0.0/8"),
    ("shared (carrier-grade NAT)", "100.64.0.0/10"),
    ("loopback", "127.0.0.0/8"),
    ("link-local", "169.254.0.0/16"),
    ("private", "172.16.0.0/12"),
    ("reserved", "192.0.0.0/24"),
    ("documentation", "192.0.2.0/24"),
    ("reserved", "192.88.99.0/24"),
    ("private", "192.168.0.0/16"),
    ("benchmarking", "198.18.0.0/15"),
    ("documentation", "198.51.100.0/24"),
    ("documentation", "203.0.113.0/24"),
    ("multicast", "224.0.0.0/4"),
    ("broadcast", "255.255.255.255/32"),
    ("reserved", "240.0.0.0/4"),
    (UNSPECIFIED, "::/128"),
    ("loopback", "::1/128"),
    ("private", "64:ff9b:1::/48"),  # NAT64 inside one network
    ("Teredo", "2001::/32"),
    ("reserved", "2001::/23"),
    ("documentation", "2001:db8::/32"),
    ("documentation", "3fff::/20"),
    ("private", "fc00::/7"),
    ("link-local", "fe80::/10"),
    ("private", "fec0::/10"),
    ("multicast", "ff00::/8"),
)
_NETWORKS: tuple[tuple[str, IPv4Network | IPv6Network], ...] = tuple(
    (name, ip_network(block)) for name, block in _RANGES
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # what IANA has assigned for addresses of the public internet

# IPv6 addresses that lead to an IPv4 address, and how many bits it is from their end.
_MAPPED, _COMPATIBLE = IPv6Network("::ffff:0:0/96"), IPv6Network("::/96")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")  # SIIT (RFC 2765)
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)

_DOTS = re.compile("[.。．｡]")
_NUMBERS = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}", re.IGNORECASE)


def special_range(address: Address) -> str | None:
    """Return the name of the range that keeps *address* from being public, or None if it is public."""
    if isinstance(address, IPv6Address):
        address = IPv6Address(int(address))  # without a zone
    named = next((name for name, block in _NETWORKS if address.version == block.version and address in block), None)
    if named or isinstance(address, IPv4Address):
        return named
    inner = _embedded(address)
    if inner is not None:
        return special_range(inner)
    return None if address in _GLOBAL_UNICAST else "reserved"


def literal_address(host: str) -> Address | None:
    """Return the address that *host* spells, in any notation that a browser or a resolver reads; None for a name.

    IPv4: four decimal, octal or hexadecimal parts or fewer (`127.1`, `2130706433`, `0x7f.1`, `0177.0.0.1`), with a
    final dot, and digits and dots of other scripts. IPv6: with or without brackets and a zone.
    """
    text = _DOTS.sub(".", unicodedata.normalize("NFKC", host)).strip("[]").partition("%")[0]
    try:
        return ip_address(text)
    except ValueError:
        pass
    text = text.removesuffix(".")
    if not _NUMBERS.fullmatch(text):
        return None
    try:
        parts = ("0" if part.lower() == "0x" else part for part in text.split("."))  # as browsers read it
        return IPv4Address(socket.inet_aton(".".join(parts)))
    except OSError:
        return None


def normal_host(host: str) -> str:
    """Return *host* in the one spelling in which hosts are compared: an address, or a lower-case ASCII name."""
    address = literal_address(host)
    if address is not None:
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return str(mapped or address)
    name = _DOTS.sub(".", unicodedata.normalize("NFKC", host)).lower().removesuffix(".")
    return ".".join(map(_ascii_label, name.split(".")))


def authority(host: str, port: int | None) -> str:
    """Return *host* and *port* as a URL has them; None for a port that the URL does not name."""
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port is None else f"{bracketed}:{port}"


def _ascii_label(label: str) -> str:
    """Return a label in ASCII as browsers do (UTS 46); Python's `idna` is older, and reads `ß` as `ss`."""
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def is_loopback_name(name: str) -> bool:
    """Return whether *name*, a normal host, names this machine whatever a resolver says (RFC 6761)."""
    return name == "localhost" or name.endswith(".localhost")


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that *address* leads to, or None if it is an IPv6 address of its own."""
    number = int(address)
    if address in _SIX_TO_FOUR:
        return IPv4Address(number >> 80 & 0xFFFF_FFFF)
    if any(address in block for block in (_MAPPED, _COMPATIBLE, _TRANSLATED, _NAT64)):
        return IPv4Address(number & 0xFFFF_FFFF)
    if number >> 32 & 0xFFFF_FFFF in _ISATAP:
        return IPv4Address(number & 0xFFFF_FFFF)
    return None
