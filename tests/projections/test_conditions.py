"""Tests of the descriptions of an audit's conditions."""

from __future__ import annotations

from tests.projections.recordings import Recording, requested
from veritas.projections.audit_state import AuditState
from veritas.projections.conditions import describe_private_hosts, describe_proxies, describe_refusals


def test_the_proxies_of_an_audit_are_described_in_one_line() -> None:
    """Equal proxies are named once, and so is what was reached directly; an audit without a proxy has no such line."""
    proxies = {"http": "http://p.test:1", "https": "http://p.test:1"}
    for summary, line in (
        ({}, None),
        ({"browser": "1"}, None),
        (
            {"proxies": proxies, "direct": ["a.test", "b.test"]},
            "http://p.test:1 for http: and https:; directly: a.test, b.test",
        ),
        (
            {"proxies": proxies | {"http": "socks5://q.test:2"}},
            "socks5://q.test:2 for http:, http://p.test:1 for https:",
        ),
    ):
        run = Recording()
        run.child("init", "done", seq=1, summary=summary)
        assert describe_proxies(AuditState.of(run.events)) == line


def test_private_hosts_other_than_the_target_are_named() -> None:
    """The target is not: its URL is shown already."""
    for url, hosts, line in (
        ("http://127.0.0.1:8000/", ["127.0.0.1:8000"], None),
        ("http://127.0.0.1:8000/", ["127.0.0.1:8000", "10.0.0.5:80", "[fd00::1]:80"], "10.0.0.5:80, [fd00::1]:80"),
        ("http://[::1]:8000/", ["[::1]:8000"], None),
        ("http://shop.test/", "x", None),
    ):
        run = Recording()
        run.recorder(requested(url=url))
        run.child("init", "done", seq=1, summary={"private_hosts": hosts})
        assert describe_private_hosts(AuditState.of(run.events)) == line


def test_refused_connections_are_counted_and_the_first_named() -> None:
    refusals = [{"reason": f"10.0.0.{number}:80 is a private address"} for number in range(5)]
    named = "; ".join(refusal["reason"] for refusal in refusals[:3])
    for summary, line in (
        ({}, None),
        ({"egress": {"refused": 0, "refusals": []}}, None),
        ({"egress": {"refused": 9, "refusals": refusals}}, f"9 connections: {named}; and 2 more hosts"),
        ({"egress": {"refused": "x", "refusals": ["y"]}}, "1 connection: without a reason"),
    ):
        run = Recording()
        run.child("complete", "done", seq=1, summary=summary)
        assert describe_refusals(AuditState.of(run.events)) == line
