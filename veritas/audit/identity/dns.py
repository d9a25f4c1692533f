"""The DNS records of a host and its registrable domain.

Each record type is `found`, `none` (a resolver answered that it does not exist) or `unknown` (no resolver, no answer,
or an error as the answer). The first query decides whether a resolver answers at all, so that a dead resolver costs
one timeout and not ten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdata
import dns.resolver
from dns.rdtypes.ANY.TXT import TXT

from veritas.audit.identity.domains import Host

LOOK_UP_TIMEOUT = 4.0  # seconds
MAIL_TIMEOUT = 2.0  # seconds

_MAX_VALUES = 50
_MAX_TEXT = 500


@dataclass(frozen=True)
class Records:
    """The records of one type at one name.

    Attributes:
        name: The name that was queried.
        status: `found`, `none` or `unknown`.
        values: The records in zone-file notation, sorted.
        reason: Why the status is not `found`.
        name_exists: Whether the name exists, with records of any type; None if that is not known.
    """

    name: str
    status: str
    values: list[str] = field(default_factory=list)
    reason: str | None = None
    name_exists: bool | None = None


async def look_up(
    host: Host, *, timeout: float = LOOK_UP_TIMEOUT, resolver: dns.asyncresolver.Resolver | None = None
) -> dict[str, Records]:
    """Query the records of *host* and its registrable domain.

    Returns:
        The records by label: `A`, `AAAA`, `CNAME` of the host; `NS`, `SOA`, `MX`, `SPF`, `DMARC`, `CAA` of the
        registrable domain. Empty for IP addresses and for names that are not on the public internet.
    """
    if not host.public or host.is_address:
        return {}
    domain = host.registrable or host.name
    queries = {
        "AAAA": (host.name, "AAAA"),
        "CNAME": (host.name, "CNAME"),
        "NS": (domain, "NS"),
        "SOA": (domain, "SOA"),
        "MX": (domain, "MX"),
        "SPF": (domain, "TXT"),
        "DMARC": (f"_dmarc.{domain}", "TXT"),
        "CAA": (domain, "CAA"),
    }
    first = await query(host.name, "A", timeout=timeout / 2, resolver=resolver)
    if first.status == "unknown":
        unknown = {label: Records(name, "unknown", reason=first.reason) for label, (name, _) in queries.items()}
        return {"A": first} | unknown
    answers = await asyncio.gather(
        *(query(name, kind, timeout=timeout / 2, resolver=resolver) for name, kind in queries.values())
    )
    records = {"A": first} | dict(zip(queries, answers, strict=True))
    return records | {
        "SPF": _starting_with(records["SPF"], "v=spf1"),
        "DMARC": _starting_with(records["DMARC"], "v=dmarc1"),
    }


async def check_mail_domains(
    domains: Iterable[str], *, timeout: float = MAIL_TIMEOUT, resolver: dns.asyncresolver.Resolver | None = None
) -> dict[str, bool | None]:
    """Return for each of *domains* whether it accepts mail; None if no resolver answered.

    Without MX records mail goes to the domain's own address (RFC 5321); an MX of `.` refuses all mail (RFC 7505).
    """
    names = list(domains)
    answers = await asyncio.gather(*(_accepts_mail(name, timeout / 2, resolver) for name in names))
    return dict(zip(names, answers, strict=True))


async def query(
    name: str, kind: str, *, timeout: float = 2.0, resolver: dns.asyncresolver.Resolver | None = None
) -> Records:
    """Query the records of type *kind* at *name*; TXT values are unquoted, with their parts joined."""
    try:
        resolver = resolver or dns.asyncresolver.Resolver()
        async with asyncio.timeout(timeout):
            answer = await resolver.resolve(dns.name.from_text(name), kind, lifetime=timeout)
    except dns.resolver.NXDOMAIN:
        return Records(name, "none", reason="the name does not exist", name_exists=False)
    except dns.resolver.NoAnswer:
        return Records(name, "none", reason="the name has no such record", name_exists=True)
    except dns.resolver.NoResolverConfiguration:
        return Records(name, "unknown", reason="this machine has no resolver")
    except (TimeoutError, dns.exception.Timeout):
        return Records(name, "unknown", reason=f"no resolver answered within {timeout:g} s")
    except dns.resolver.NoNameservers:
        return Records(name, "unknown", reason="every resolver answered with an error")
    except (dns.exception.DNSException, OSError, ValueError) as error:
        return Records(name, "unknown", reason=f"the query failed: {str(error)[:_MAX_TEXT] or type(error).__name__}")
    values = sorted({_text(record)[:_MAX_TEXT] for record in answer})
    return Records(name, "found", values[:_MAX_VALUES], name_exists=True)


async def _accepts_mail(domain: str, timeout: float, resolver: dns.asyncresolver.Resolver | None) -> bool | None:
    exchangers = await query(domain, "MX", timeout=timeout, resolver=resolver)
    if exchangers.status == "unknown":
        return None
    if exchangers.status == "found":
        return not all(value.split()[-1] == "." for value in exchangers.values)
    if exchangers.name_exists is False:
        return False
    addresses = await asyncio.gather(
        *(query(domain, kind, timeout=timeout, resolver=resolver) for kind in ("A", "AAAA"))
    )
    if any(answer.status == "found" for answer in addresses):
        return True
    return None if any(answer.status == "unknown" for answer in addresses) else False


def _starting_with(records: Records, prefix: str) -> Records:
    """Return only those TXT records that begin with *prefix*, a DMARC or SPF version."""
    if records.status != "found":
        return records
    values = [value for value in records.values if value.lower().startswith(prefix)]
    if values:
        return Records(records.name, "found", values, name_exists=True)
    return Records(records.name, "none", reason="the name has no such record", name_exists=True)


def _text(record: dns.rdata.Rdata) -> str:
    if isinstance(record, TXT):
        return b"".join(record.strings).decode("utf-8", "replace")
    return record.to_text()
