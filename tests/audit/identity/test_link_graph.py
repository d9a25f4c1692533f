"""The link graph of a site."""

from __future__ import annotations

from tests.audit.facts import page
from veritas.audit.identity.certificate import Certificate
from veritas.audit.identity.claims import OwnerClaim
from veritas.audit.identity.consistency import SiteFacts
from veritas.audit.identity.dns import Records
from veritas.audit.identity.domains import host_named
from veritas.audit.identity.link_graph import LinkGraph, link_graph_of


def test_all_facts_of_a_site_are_in_the_graph() -> None:
    requested, host = host_named("acme.example.org"), host_named("www.acme.com")
    assert requested and host
    facts = SiteFacts(
        requested=requested,
        host=host,
        reached=True,
        pages=[
            page(
                "https://www.acme.com/",
                address={"ipAddress": "[2001:db8::1]", "port": 443},
                third_party_hosts=["cdn.tracker.net", "localhost"],
                forms=[{"action": "https://pay.example.net/"}, {"action": "https://acme.com/"}, {"action": ""}],
            )
        ],
        claims=[
            OwnerClaim("mail", "info@acme.de", "link", "u"),
            OwnerClaim("company", "Acme Ltd", "copyright", "u"),
            OwnerClaim("company", "Klarna AG", "mention", "u"),
        ],
        certificate=Certificate(
            "found",
            sha256="ab" * 32,
            subject={"organization": "Acme Ltd"},
            issuer={"organization": "Trust"},
            names=["*.acme.com", "acme.net"],
        ),
        records={
            "A": Records("www.acme.com", "found", ["192.0.2.1"]),
            "CNAME": Records("www.acme.com", "found", ["edge.cdn.net."]),
            "MX": Records("acme.com", "found", ["10 mx.mail.org."]),
            "NS": Records("acme.com", "unknown"),
        },
    )
    graph = link_graph_of(facts)
    edges = set(graph.edges)
    certificate = f"certificate:{'ab' * 32}"
    assert edges == {
        ("host:acme.example.org", "leads_to", "host:www.acme.com"),
        ("host:acme.example.org", "belongs_to", "domain:example.org"),
        ("host:www.acme.com", "belongs_to", "domain:acme.com"),
        ("host:www.acme.com", "presents", certificate),
        (certificate, "issued_by", "authority:Trust"),
        (certificate, "issued_to", "company:Acme Ltd"),
        (certificate, "covers", "domain:acme.com"),
        (certificate, "covers", "domain:acme.net"),
        ("host:www.acme.com", "resolves_to", "ip:192.0.2.1"),
        ("host:www.acme.com", "resolves_to", "ip:2001:db8::1"),
        ("host:www.acme.com", "alias_of", "host:edge.cdn.net"),
        ("domain:acme.com", "mail_handled_by", "domain:mail.org"),
        ("host:www.acme.com", "claims", "mail:info@acme.de"),
        ("mail:info@acme.de", "belongs_to", "domain:acme.de"),
        ("host:www.acme.com", "claims", "company:Acme Ltd"),
        ("host:www.acme.com", "mentions", "company:Klarna AG"),
        ("host:www.acme.com", "loads_from", "third_party:tracker.net"),
        ("host:www.acme.com", "loads_from", "third_party:localhost"),
        ("host:www.acme.com", "posts_to", "third_party:example.net"),
    }
    ends = {end for start, _, to in edges for end in (start, to)}
    assert ends <= set(graph.nodes)


def test_nodes_over_the_limit_are_counted() -> None:
    graph = LinkGraph()
    for number in range(1000):
        graph.edge(graph.node("third_party", f"t{number}.net"), "x", graph.node(f"kind{number}", "y"))
    assert len(graph.nodes) <= 150
    assert graph.left_out == 2000 - len(graph.nodes)
