"""Access: who may ask. A token in the printed URL, or a password, opens a session that a cookie names.

A program sends the token or the password as `Authorization: Bearer …` instead. A browser never does that by itself, so
such a request cannot be another site's doing, and needs no CSRF token.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from starlette.requests import cookie_parser

SESSION_SECONDS = 7 * 86_400  # of the cookie; the server's end ends every session


class Access:
    """The secret that opens the server, and the session that it opens.

    Attributes:
        password: Whether the secret is a password that people type; otherwise it is a token of the URL.
        cookie: The name of the session's cookie; two servers on one machine have different ones.
    """

    def __init__(self, secret: str, *, password: bool, port: int) -> None:
        self.password = password
        self.cookie = f"veritas-{port}"
        self._secret = _digest(secret)
        self._session = secrets.token_urlsafe(32)

    @property
    def session(self) -> str:
        """The value of the cookie; it ends with this process."""
        return self._session

    @property
    def csrf_token(self) -> str:
        """The token that a form and a script of the pages send with an action."""
        return hmac.new(self._session.encode(), b"csrf", "sha256").hexdigest()

    def opens(self, secret: str) -> bool:
        """Return whether *secret* is the token or the password."""
        return hmac.compare_digest(_digest(secret), self._secret)

    def has_session(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request has the session's cookie."""
        found = cookie_parser(headers.get("cookie", "")).get(self.cookie)  # as browsers send it, with any other text
        return found is not None and hmac.compare_digest(found.encode(), self._session.encode())

    def is_csrf_token(self, token: str) -> bool:
        """Return whether a token is the one of the session."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.csrf_token.encode())


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
