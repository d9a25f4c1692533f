"""DNS queries to a real name server on loopback."""

from __future__ import annotations

import dns.asyncresolver

from tests.audit.identity.name_server import name_server
from veritas.audit.identity.dns import check_mail_domains, look_up, query
from veritas.audit.identity.domains import Host, host_named

ZONE = {
    "www.example.com": {"A": ["192.0.2.2", "192.0.2.1"], "CNAME": []},
    "example.com": {
        "MX": ["10 mail.example.net."],
        "NS": ["ns1.example.net."],
        "SOA": ["ns1.example.net. hostmaster.example.com. 1 2 3 4 5"],
        "TXT": ['"unrelated"', '"v=spf1 include:_spf." "example.net -all"'],
        "CAA": ['0 issue "letsencrypt.org"'],
    },
    "_dmarc.example.com": {"TXT": ['"v=DMARC1; p=reject"']},
    "refusing.example.org": {"MX": ["0 ."]},
    "address-only.example.org": {"AAAA": ["2001:db8::1"]},
    "nothing.example.org": {},
}


def host(name: str = "www.example.com") -> Host:
    """Return the host called *name*."""
    host = host_named(name)
    assert host
    return host


async def test_records_are_found_or_none() -> None:
    async with name_server(ZONE) as server:
        records = await look_up(host(), resolver=server.resolver)
    assert {label: found.status for label, found in records.items()} == {
        "A": "found",
        "AAAA": "none",
        "CNAME": "none",
        "NS": "found",
        "SOA": "found",
        "MX": "found",
        "SPF": "found",
        "DMARC": "found",
        "CAA": "found",
    }
    assert records["A"].values == ["192.0.2.1", "192.0.2.2"]
    assert records["MX"].values == ["10 mail.example.net."]
    assert records["SPF"].values == ["v=spf1 include:_spf.example.net -all"]
    assert records["DMARC"].values == ["v=DMARC1; p=reject"]
    assert (records["AAAA"].reason, records["AAAA"].name_exists) == ("the name has no such record", True)


async def test_a_name_that_does_not_exist_has_no_records() -> None:
    async with name_server(ZONE) as server:
        records = await look_up(host("gone.example.net"), resolver=server.resolver)
    assert {answer.status for answer in records.values()} == {"none"}
    assert records["A"].name_exists is False


async def test_other_txt_records_do_not_count_as_spf_or_dmarc() -> None:
    zone = {"example.com": {"A": ["192.0.2.1"], "TXT": ['"google-site-verification=x"']}}
    async with name_server(zone) as server:
        records = await look_up(host("example.com"), resolver=server.resolver)
    assert (records["SPF"].status, records["SPF"].values) == ("none", [])


async def test_a_silent_server_receives_one_query_and_all_records_are_unknown() -> None:
    async with name_server(ZONE) as server:
        server.silent.add("www.example.com")
        records = await look_up(host(), timeout=0.4, resolver=server.resolver)
        assert set(server.queries) == {("www.example.com", "A")}
    assert {answer.status for answer in records.values()} == {"unknown"}
    assert records["MX"].reason == "no resolver answered within 0.2 s"


async def test_after_one_unanswered_query_the_other_records_are_known() -> None:
    async with name_server(ZONE) as server:
        server.silent.add("_dmarc.example.com")
        records = await look_up(host(), timeout=2, resolver=server.resolver)
    assert records["DMARC"].status == "unknown"
    assert records["MX"].status == "found"


async def test_after_a_server_error_the_records_are_unknown_and_not_none() -> None:
    async with name_server(ZONE) as server:
        server.failing.add("example.com")
        answer = await query("example.com", "MX", timeout=0.5, resolver=server.resolver)
    assert (answer.status, answer.name_exists) == ("unknown", None)


async def test_without_a_resolver_the_records_are_unknown() -> None:
    answer = await query("example.com", "A", resolver=dns.asyncresolver.Resolver(configure=False))
    assert answer.status == "unknown"


async def test_ip_addresses_and_local_names_are_not_looked_up() -> None:
    async with name_server(ZONE) as server:
        for name in ("127.0.0.1", "8.8.8.8", "::1", "localhost", "shop.test"):
            assert await look_up(host(name), resolver=server.resolver) == {}
        assert server.queries == []


async def test_a_domain_accepts_mail_with_an_exchanger_or_an_address() -> None:
    domains = [
        "example.com",
        "address-only.example.org",
        "refusing.example.org",
        "nothing.example.org",
        "gone.example.org",
    ]
    async with name_server(ZONE) as server:
        server.failing.add("broken.example.org")
        accepts_mail = await check_mail_domains([*domains, "broken.example.org"], resolver=server.resolver)
    assert accepts_mail == {
        "example.com": True,
        "address-only.example.org": True,
        "refusing.example.org": False,
        "nothing.example.org": False,
        "gone.example.org": False,
        "broken.example.org": None,
    }
