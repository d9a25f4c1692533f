"""The neighbourhood of a site as a small graph: what it stands on and claims, whom it names, loads and posts to."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from veritas.audit.identity.consistency import Facts
from veritas.audit.identity.domains import host_of, registrable_domain, same_site

_MAX_NODES = 150
_MAX_OF_A_KIND = 30


class GraphNode(msgspec.Struct, frozen=True):
    """A node of the link graph.

    Attributes:
        id: `<kind>:<label>`.
        kind: `host`, `domain`, `certificate`, `authority`, `company`, `ip`, `third_party`, or the kind of a claim.
        label: Its name.
    """

    id: str
    kind: str
    label: str


class GraphEdge(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """An edge of the link graph.

    Attributes:
        start: The id of the node that it leaves.
        kind: What it means: `belongs_to`, `presents`, `issued_by`, `resolves_to`, `loads_from` …
        end: The id of the node that it leads to.
    """

    start: str
    kind: str
    end: str


@dataclass
class Network:
    """Nodes and edges in the order of their finding, each once, at most a fixed number; what is left out is counted."""

    nodes: dict[str, GraphNode] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], None] = field(default_factory=dict)
    left_out: int = 0

    def node(self, kind: str, label: str) -> str | None:
        """Add a node and return its id, or None where there is no room for another."""
        identifier = f"{kind}:{label}"
        if identifier in self.nodes:
            return identifier
        of_this_kind = sum(1 for node in self.nodes.values() if node.kind == kind)
        if len(self.nodes) >= _MAX_NODES or of_this_kind >= _MAX_OF_A_KIND:
            self.left_out += 1
            return None
        self.nodes[identifier] = GraphNode(identifier, kind, label)
        return identifier

    def edge(self, start: str | None, kind: str, end: str | None) -> None:
        """Connect two nodes, where both are there."""
        if start and end and start != end:
            self.edges.setdefault((start, kind, end))


def network_of(facts: Facts) -> Network:
    """Return the graph of what is known of a site."""
    network = Network()
    host = network.node("host", facts.host.name)
    domain = _belongs_to(network, host, facts.host.registrable)
    requested = network.node("host", facts.requested.name)
    network.edge(requested, "leads_to", host)
    _belongs_to(network, requested, facts.requested.registrable)
    _certificate(network, facts, host)
    _records(network, facts, host, domain or host)
    _claims(network, facts, host)
    _pages(network, facts, host)
    return network


def _belongs_to(network: Network, node: str | None, registrable: str | None) -> str | None:
    if registrable is None:
        return None
    domain = network.node("domain", registrable)
    network.edge(node, "belongs_to", domain)
    return domain


def _certificate(network: Network, facts: Facts, host: str | None) -> None:
    certificate = facts.certificate
    if certificate.status != "found":
        return
    node = network.node("certificate", certificate.sha256 or certificate.subject.get("common_name", "presented"))
    network.edge(host, "presents", node)
    issuer = certificate.issuer.get("organization") or certificate.issuer.get("common_name")
    if issuer:
        network.edge(node, "issued_by", network.node("authority", issuer))
    organization = certificate.subject.get("organization")
    if organization:
        network.edge(node, "issued_to", network.node("company", organization))
    for name in certificate.names:
        registrable = registrable_domain(name.removeprefix("*."))
        if registrable:
            network.edge(node, "covers", network.node("domain", registrable))


def _records(network: Network, facts: Facts, host: str | None, domain: str | None) -> None:
    addresses = [value for kind in ("A", "AAAA") for value in _values(facts, kind)]
    addresses += [page.address["ipAddress"] for page in facts.pages if page.address and page.address["ipAddress"]]
    for address in addresses:
        network.edge(host, "resolves_to", network.node("ip", address.strip("[]")))
    for value in _values(facts, "CNAME"):
        network.edge(host, "alias_of", network.node("host", value.rstrip(".")))
    for kind, edge in (("NS", "named_by"), ("MX", "mail_handled_by")):
        for value in _values(facts, kind):
            registrable = registrable_domain(value.split()[-1])
            if registrable:
                network.edge(domain, edge, network.node("domain", registrable))


def _claims(network: Network, facts: Facts, host: str | None) -> None:
    for claim in facts.claims:
        node = network.node(claim.kind, claim.value)
        network.edge(host, "mentions" if claim.source == "mention" else "claims", node)
        if claim.kind == "mail":
            registrable = registrable_domain(claim.value.rpartition("@")[2])
            if registrable:
                network.edge(node, "belongs_to", network.node("domain", registrable))


def _pages(network: Network, facts: Facts, host: str | None) -> None:
    for page in facts.pages:
        for name in page.third_party_hosts:
            network.edge(host, "loads_from", network.node("third_party", registrable_domain(name) or name))
        for form in page.forms:
            target = host_of(form.action)
            if target and not same_site(target, facts.host):
                network.edge(host, "posts_to", network.node("third_party", target.registrable or target.name))


def _values(facts: Facts, kind: str) -> list[str]:
    records = facts.records.get(kind)
    return records.values if records else []
