"""The options of an audit: how it reaches the site, and how long it may take."""

from __future__ import annotations

from typing import Any, Self

import msgspec

from veritas.audit.egress.policy import PUBLIC_ONLY, EgressPolicy
from veritas.audit.limits import DEFAULT_LIMITS, Limits
from veritas.audit.login import Login
from veritas.audit.network import Proxy
from veritas.audit.screenshots import FULL
from veritas.audit.time_limits import AUDIT_TIMEOUT, VISIT_TIMEOUT
from veritas.errors import InvalidSetting
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
        obey_robots: Whether pages that the start page leads to are left out if robots.txt disallows them.
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
    obey_robots: bool = False

    def public(self) -> dict[str, Any]:
        """Return the options as JSON values that a log may have: without the login, and without a proxy that has one.

        `of_public` makes options of them again; `secret_names` names what they lack.
        """
        values: dict[str, Any] = msgspec.to_builtins(self)
        del values["login"]
        return values | {"proxy": None if self._proxy_has_login() else self.proxy}

    @classmethod
    def of_public(cls, values: dict[str, Any]) -> Self:
        """Return the options that `public` returned, without a login.

        Raises:
            InvalidSetting: Another version wrote them, and this one cannot read them.
        """
        try:
            return msgspec.convert(values, cls)
        except msgspec.ValidationError as error:
            raise InvalidSetting(f"The recorded options of the audits cannot be read: {error}.") from None

    def secret_names(self) -> list[str]:
        """Return the names of the options whose values `public` leaves out, such as `--proxy`."""
        return ["--proxy"] if self._proxy_has_login() else []

    def _proxy_has_login(self) -> bool:
        return self.proxy is not None and Proxy.parse(self.proxy, "--proxy").username is not None
