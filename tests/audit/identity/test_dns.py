"""What a real name server on loopback says."""

from __future__ import annotations

import dns.asyncresolver

from tests.audit.identity.name_server import name_server
from veritas.audit.identity.dns import ask, look_up, mail_reaches
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
    found = host_named(name)
    assert found
    return found


async def test_records_are_found_or_none() -> None:
    async with name_server(ZONE) as server:
        records = await look_up(host(), resolver=server.resolver)
    assert {label: answer.status for label, answer in records.items()} == {
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


async def test_a_name_that_does_not_exist_has_none() -> None:
    async with name_server(ZONE) as server:
        records = await look_up(host("gone.example.net"), resolver=server.resolver)
    assert {answer.status for answer in records.values()} == {"none"}
    assert records["A"].name_exists is False


async def test_text_that_is_neither_spf_nor_dmarc_counts_as_none() -> None:
    zone = {"example.com": {"A": ["192.0.2.1"], "TXT": ['"google-site-verification=x"']}}
    async with name_server(zone) as server:
        records = await look_up(host("example.com"), resolver=server.resolver)
    assert (records["SPF"].status, records["SPF"].values) == ("none", [])


async def test_a_silent_server_costs_one_question_and_leaves_all_unknown() -> None:
    async with name_server(ZONE) as server:
        server.silent.add("www.example.com")
        records = await look_up(host(), timeout=0.4, resolver=server.resolver)
        assert set(server.asked) == {("www.example.com", "A")}
    assert {answer.status for answer in records.values()} == {"unknown"}
    assert records["MX"].reason == "no resolver answered within 0.2 s"


async def test_a_question_without_an_answer_leaves_the_others_known() -> None:
    async with name_server(ZONE) as server:
        server.silent.add("_dmarc.example.com")
        records = await look_up(host(), timeout=2, resolver=server.resolver)
    assert records["DMARC"].status == "unknown"
    assert records["MX"].status == "found"


async def test_a_servers_error_is_unknown_and_not_none() -> None:
    async with name_server(ZONE) as server:
        server.failing.add("example.com")
        answer = await ask("example.com", "MX", timeout=0.5, resolver=server.resolver)
    assert (answer.status, answer.name_exists) == ("unknown", None)


async def test_without_a_resolver_it_is_unknown() -> None:
    answer = await ask("example.com", "A", resolver=dns.asyncresolver.Resolver(configure=False))
    assert answer.status == "unknown"


async def test_addresses_and_local_names_are_not_asked_about() -> None:
    async with name_server(ZONE) as server:
        for name in ("127.0.0.1", "8.8.8.8", "::1", "localhost", "shop.test"):
            assert await look_up(host(name), resolver=server.resolver) == {}
        assert server.asked == []


async def test_mail_reaches_exchangers_or_else_the_domains_own_address() -> None:
    domains = [
        "example.com",
        "address-only.example.org",
        "refusing.example.org",
        "nothing.example.org",
        "gone.example.org",
    ]
    async with name_server(ZONE) as server:
        server.failing.add("broken.example.org")
        reach = await mail_reaches([*domains, "broken.example.org"], resolver=server.resolver)
    assert reach == {
        "example.com": True,
        "address-only.example.org": True,
        "refusing.example.org": False,
        "nothing.example.org": False,
        "gone.example.org": False,
        "broken.example.org": None,
    }
