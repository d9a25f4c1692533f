"""One-line descriptions of the conditions of an audit: its visitor, login and network, and what it did without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from veritas.events.json import as_items, as_mapping, as_number, as_text
from veritas.events.visitor import Visitor
from veritas.formatting import count
from veritas.projections.audit_state import AuditState

_MOST_REFUSALS = 3


def describe_visitor(state: AuditState) -> str | None:
    """Return the visitor that the site saw; None if it is not known, or if no site was audited."""
    request = state.request
    if request is None or request.origin != "audit":
        return None
    return str(request.visitor or Visitor())  # before it was recorded, it was always the default one


def describe_chosen_visitor(state: AuditState) -> str | None:
    """Return the visitor that the site saw; None if it was the default one, or if it is not known."""
    visitor = describe_visitor(state)
    return None if visitor == str(Visitor()) else visitor


def describe_login(state: AuditState) -> str | None:
    """Return what an audit logged in with; None if it did not log in."""
    login = state.request and state.request.login
    return str(login) if login else None


def describe_proxies(state: AuditState) -> str | None:
    """Return which proxies an audit went through, and which hosts it reached directly; None if it used no proxy."""
    summary = _summary(state, "init")
    schemes: dict[str, list[str]] = {}
    for scheme, proxy in as_mapping(summary.get("proxies")).items():
        schemes.setdefault(str(proxy), []).append(f"{scheme}:")
    proxies = ", ".join(f"{proxy} for {' and '.join(names)}" for proxy, names in schemes.items())
    direct = ", ".join(map(str, as_items(summary.get("direct"))))
    return f"{proxies}; directly: {direct}" if proxies and direct else proxies or None


def describe_private_hosts(state: AuditState) -> str | None:
    """Return which hosts other than the target were opened although they are not public; None if none was."""
    target = urlsplit((state.request.url if state.request else None) or "").hostname
    hosts = [str(host) for host in as_items(_summary(state, "init").get("private_hosts"))]
    return ", ".join(host for host in hosts if urlsplit(f"//{host}").hostname != target) or None


def describe_refusals(state: AuditState) -> str | None:
    """Return which connections an audit was refused, because they were not to public addresses; None if none was."""
    egress = as_mapping(_summary(state, "complete").get("egress"))
    refusals = [as_mapping(refusal) for refusal in as_items(egress.get("refusals"))]
    if not refusals:
        return None
    shown = [as_text(each.get("reason")) or "without a reason" for each in refusals[:_MOST_REFUSALS]]
    more = f"; and {len(refusals) - len(shown)} more hosts" if len(refusals) > len(shown) else ""
    return f"{count(int(as_number(egress.get('refused')) or len(refusals)), 'connection')}: {'; '.join(shown)}{more}"


def describe_sandbox(state: AuditState) -> str | None:
    """Return why an audit's browser ran without its sandbox; None if it had one, or if that is not known."""
    sandbox = as_text(_summary(state, "init").get("sandbox"))
    return None if sandbox == "on" else sandbox


def describe_limits(state: AuditState) -> str | None:
    """Return which limits the visits reached, with the number of visits: `bytes (2), frames (1)`; None if none did."""
    reached = Counter(str(limit["name"]) for limit in state.limits)
    return ", ".join(f"{name} ({visits:,})" for name, visits in sorted(reached.items())) or None


def _summary(state: AuditState, phase: str) -> Mapping[str, Any]:
    known = state.phases.get(phase)
    return as_mapping(known.summary if known else None)
