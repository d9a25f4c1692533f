"""The options of an audit: how it reaches the site, and how long it may take."""

from __future__ import annotations

import msgspec

from veritas.audit.egress import PUBLIC_ONLY, EgressPolicy
from veritas.audit.limits import DEFAULT_LIMITS, Limits
from veritas.audit.login import Login
from veritas.audit.screenshots import FULL
from veritas.audit.time_limits import AUDIT_TIMEOUT, VISIT_TIMEOUT
from veritas.events.visitor import Visitor


class AuditOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an audit is done, as chosen by the user.

    Attributes:
        browser: The browser to start; None to find one.
        proxy: The proxy for every request; None for those of the environment.
        policy: The hosts that it may reach although they are not public, beside a local target.
        timeout: The seconds that the audit may take.
        visit_timeout: The seconds that a page may take to arrive and load.
        limits: How much each visit of a page may take.
        visitor: The visitor that the site sees.
        login: What it logs in with.
        screenshots: What it takes pictures of: `none`, `viewport` or `full`.
    """

    browser: str | None = None
    proxy: str | None = None
    policy: EgressPolicy = PUBLIC_ONLY
    timeout: float = AUDIT_TIMEOUT
    visit_timeout: float = VISIT_TIMEOUT
    limits: Limits = DEFAULT_LIMITS
    visitor: Visitor = Visitor()
    login: Login = Login()
    screenshots: str = FULL
