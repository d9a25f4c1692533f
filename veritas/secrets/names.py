"""The names that secrets have: parameters of URLs, options, variables, cookies and headers."""

from __future__ import annotations

import re
from urllib.parse import unquote

# A name is compared in lower case and without any sign: `X-Api-Key` and `api_key` are the same as `apikey`.
SECRET_NAMES = frozenset(
    {
        *("auth", "authkey", "hmac", "jsessionid", "otp", "pass", "phpsessid", "pw", "pwd", "samlresponse"),
        *("sess", "session", "sid", "sig", "ticket"),
    }
)
SECRET_ENDINGS = (
    *("accesskey", "apikey", "authorization", "credential", "credentials", "jwt", "passphrase", "passwd", "password"),
    *("privatekey", "secret", "secretkey", "sessionid", "signature", "signingkey", "token"),
)

# Names that mean a secret in a URL, and mostly something else anywhere else.
PARAMETER_NAMES = frozenset({"key"})
LONG_PARAMETER_NAMES = frozenset({"code", "state"})  # of OAuth; a short `code` is that of a country or a voucher
_LONG = 16  # characters

SECRET_HEADERS = frozenset(
    {
        *("authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token", "x-api-key"),
        *("x-auth-token", "x-csrf-token", "x-xsrf-token"),
    }
)

_LOGIN_PARTS = ("auth", "csrf", "login", "sess", "token", "xsrf")
_SIGNS = re.compile(r"[^a-z0-9]+")


def is_secret_name(name: str) -> bool:
    """Return whether the value of an option, a variable, a parameter or a member called *name* is a secret."""
    plain = _SIGNS.sub("", name.lower())
    return plain in SECRET_NAMES or plain.endswith(SECRET_ENDINGS)


def shortest_secret(name: str) -> int | None:
    """Return the length from which a value is a secret as the parameter *name* of a URL; None if none is."""
    name = unquote(name).lower()
    if name in PARAMETER_NAMES or is_secret_name(name):
        return 1
    return _LONG if name in LONG_PARAMETER_NAMES else None


def is_login_name(name: str) -> bool:
    """Return whether a cookie or header called *name* is likely to identify a visitor who has logged in."""
    return is_secret_name(name) or any(part in name.lower() for part in _LOGIN_PARTS)
