"""What an audit logs in with: names and hosts, and no value."""

from __future__ import annotations

import msgspec


class LoginUse(msgspec.Struct, frozen=True):
    """A login that was used, as far as the log may know it.

    Attributes:
        headers: The names of the headers that were sent.
        origins: The origins that the headers were sent to.
        cookies: The names of the cookies that the browser began with.
        cookie_hosts: The hosts of the cookies.
        storage: The origins whose local storage the browser began with.
        left_out: How many cookies and origins were not used: they belong to other sites, or have expired.
    """

    headers: list[str] = msgspec.field(default_factory=list)
    origins: list[str] = msgspec.field(default_factory=list)
    cookies: list[str] = msgspec.field(default_factory=list)
    cookie_hosts: list[str] = msgspec.field(default_factory=list)
    storage: list[str] = msgspec.field(default_factory=list)
    left_out: int = 0

    def __str__(self) -> str:
        parts = [
            f"{', '.join(self.headers)} to {' and '.join(self.origins)}" if self.headers else "",
            f"cookies {', '.join(self.cookies)} to {', '.join(self.cookie_hosts)}" if self.cookies else "",
            f"local storage of {', '.join(self.storage)}" if self.storage else "",
        ]
        return "; ".join(part for part in parts if part)
