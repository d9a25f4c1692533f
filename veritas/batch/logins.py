"""The logins of a batch: which of what the user gave goes to which URL."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from veritas.audit.login import Login
from veritas.audit.login_parsing import parse_login
from veritas.batch.schedule import host_key
from veritas.errors import InvalidSetting, UsageError
from veritas.secrets import Secrets

_OPTIONS = {
    "headers": "--header",
    "cookies": "--cookie",
    "basic_auth": "--basic-auth",
    "storage_state": "--storage-state",
}


class BatchLogins:
    """What the audits of a batch log in with.

    Headers, cookies and Basic authentication go to one host, because they are secrets of one site. A storage state has
    the host of each of its values; a site of which it has none is audited without a login.
    """

    def __init__(self, urls: Collection[str], **login: Any) -> None:
        """Check a login for all URLs.

        Args:
            urls: The URLs.
            login: The arguments of `parse_login` without the URL.

        Raises:
            UsageError: It is invalid, there is nothing for any of the URLs, or it would go to several hosts.
        """
        self.names = [option for name, option in _OPTIONS.items() if login.get(name)]
        self._login = login
        self._valued = any(login.get(name) for name in ("headers", "cookies", "basic_auth"))
        hosts = {host_key(url) for url in urls} if self._valued else set()
        if len(hosts) > 1:
            raise UsageError(
                f"{', '.join(self.names)} would go to {len(hosts):,} hosts, and a login is of one site; give each site"
                " a batch of its own, or a --storage-state."
            )
        if self.names and not any(self.login_for(url).use for url in urls):
            parse_login(next(iter(urls)), **login)  # it raises the reason

    def login_for(self, url: str) -> Login:
        """Return the login for the audit of a URL."""
        if not self.names:
            return Login()
        try:
            return parse_login(url, **self._login)
        except InvalidSetting:
            if self._valued:
                raise
            return Login()  # the storage state has nothing for this site

    def register(self, secrets: Secrets, urls: Collection[str]) -> None:
        """Make known every value, so that no recorded URL has it."""
        for url in urls if self.names else ():
            self.login_for(url).register(secrets)
