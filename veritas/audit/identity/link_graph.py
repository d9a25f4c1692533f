"""The link graph of a site: its domains, certificate, IP addresses and claims, and the hosts that it uses."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from veritas.audit.identity.consistency import SiteFacts
from veritas.audit.identity.domains import host_of, registrable_domain, same_site

_MAX_NODES = 150
_MAX_PER_KIND = 30


class GraphNode(msgspec.Struct, frozen=True):
    """A node of the link graph.

    Attributes:
        id: `<kind>:<label>`.
        kind: `host`, `domain`, `certificate`, `authority`, `company`, `ip`, `third_party`, or the kind of a claim.
        label: The node's name.
    """

    id: str
    kind: str
    label: str


class GraphEdge(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """An edge of the link graph.

    Attributes:
        start: The id of the edge's first node.
        kind: The edge's meaning: `belongs_to`, `presents`, `issued_by`, `resolves_to`, `loads_from` …
        end: The id of the edge's second node.
    """

    start: str
    kind: str
    end: str


@dataclass
class LinkGraph:
    """Nodes and edges, each once and in the order in which they were added; nodes over the limit are only counted."""

    nodes: dict[str, GraphNode] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], None] = field(default_factory=dict)
    left_out: int = 0

    def node(self, kind: str, label: str) -> str | None:
        """Add a node and return its id, or None if the limit is reached."""
        identifier = f"{kind}:{label}"
        if identifier in self.nodes:
            return identifier
        same_kind = sum(1 for node in self.nodes.values() if node.kind == kind)
        if len(self.nodes) >= _MAX_NODES or same_kind >= _MAX_PER_KIND:
            self.left_out += 1
            return None
        self.nodes[identifier] = GraphNode(identifier, kind, label)
        return identifier

    def edge(self, start: str | None, kind: str, end: str | None) -> None:
        """Connect two nodes, unless one of them was left out."""
        if start and end and start != end:
            self.edges.setdefault((start, kind, end))


def link_graph_of(facts: SiteFacts) -> LinkGraph:
    """Return the link graph of a site."""
    graph = LinkGraph()
    host = graph.node("host", facts.host.name)
    domain = _add_domain(graph, host, facts.host.registrable)
    requested = graph.node("host", facts.requested.name)
    graph.edge(requested, "leads_to", host)
    _add_domain(graph, requested, facts.requested.registrable)
    _add_certificate(graph, facts, host)
    _add_records(graph, facts, host, domain or host)
    _add_claims(graph, facts, host)
    _add_pages(graph, facts, host)
    return graph


def _add_domain(graph: LinkGraph, node: str | None, registrable: str | None) -> str | None:
    if registrable is None:
        return None
    domain = graph.node("domain", registrable)
    graph.edge(node, "belongs_to", domain)
    return domain


def _add_certificate(graph: LinkGraph, facts: SiteFacts, host: str | None) -> None:
    certificate = facts.certificate
    if certificate.status != "found":
        return
    node = graph.node("certificate", certificate.sha256 or certificate.subject.get("common_name", "presented"))
    graph.edge(host, "presents", node)
    issuer = certificate.issuer.get("organization") or certificate.issuer.get("common_name")
    if issuer:
        graph.edge(node, "issued_by", graph.node("authority", issuer))
    organization = certificate.subject.get("organization")
    if organization:
        graph.edge(node, "issued_to", graph.node("company", organization))
    for name in certificate.names:
        registrable = registrable_domain(name.removeprefix("*."))
        if registrable:
            graph.edge(node, "covers", graph.node("domain", registrable))


def _add_records(graph: LinkGraph, facts: SiteFacts, host: str | None, domain: str | None) -> None:
    addresses = [value for kind in ("A", "AAAA") for value in _values(facts, kind)]
    addresses += [page.address["ipAddress"] for page in facts.pages if page.address and page.address["ipAddress"]]
    for address in addresses:
        graph.edge(host, "resolves_to", graph.node("ip", address.strip("[]")))
    for value in _values(facts, "CNAME"):
        graph.edge(host, "alias_of", graph.node("host", value.rstrip(".")))
    for kind, edge in (("NS", "named_by"), ("MX", "mail_handled_by")):
        for value in _values(facts, kind):
            registrable = registrable_domain(value.split()[-1])
            if registrable:
                graph.edge(domain, edge, graph.node("domain", registrable))


def _add_claims(graph: LinkGraph, facts: SiteFacts, host: str | None) -> None:
    for claim in facts.claims:
        node = graph.node(claim.kind, claim.value)
        graph.edge(host, "mentions" if claim.source == "mention" else "claims", node)
        if claim.kind == "mail":
            registrable = registrable_domain(claim.value.rpartition("@")[2])
            if registrable:
                graph.edge(node, "belongs_to", graph.node("domain", registrable))


def _add_pages(graph: LinkGraph, facts: SiteFacts, host: str | None) -> None:
    for page in facts.pages:
        for name in page.third_party_hosts:
            graph.edge(host, "loads_from", graph.node("third_party", registrable_domain(name) or name))
        for form in page.forms:
            target = host_of(form.action)
            if target and not same_site(target, facts.host):
                graph.edge(host, "posts_to", graph.node("third_party", target.registrable or target.name))


def _values(facts: SiteFacts, kind: str) -> list[str]:
    records = facts.records.get(kind)
    return records.values if records else []
