"""Secrets in URLs, wherever a text has one: the values of parameters by their names, and logins before the host.

A URL may be a parameter of another one, and so be percent-encoded once or several times.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from veritas.secrets.names import shortest_secret

Replace = Callable[[str, str], str]  # (name, value) -> mask

MASK = "[secret:"

# Letters, digits, `_`, `-`, `.` and brackets may be percent-encoded.
_NAME = r"(?:[\w.$~\[\]-]|%(?:25)*(?:2[DdEe]|3[0-9]|[46][0-9A-Fa-f]|[57][0-9AaBbDdFf])){1,64}"
_BEFORE = re.compile(
    rf"(?:[?&#]|&amp;|&#38;|\\u0026)(?P<plain>{_NAME})(?:=|\\u003[dD])"
    rf"|;(?P<path>{_NAME})="
    rf"|%(?:25)*(?:3[Ff]|26|23)(?P<encoded>{_NAME})%(?:25)*3[Dd]"
)
# What ends a value: a parameter of a path ends with its segment, and one of an encoded URL at an encoded sign.
_VALUES = {
    "plain": re.compile(r"(?:(?!\\u0026)[^\s\"'<>`&#\\])+"),
    "path": re.compile(r"[^\s\"'<>`&#\\?/;]+"),
    "encoded": re.compile(r"(?:[^\s\"'<>`&#\\%]|%(?!(?:25)*(?:26|23)))+"),
}
_SENTENCE = ").,:!]}"  # may follow a URL in a text

_SCHEME = r"\b(?P<scheme>[a-z][a-z0-9+.-]{0,15})"
_LOGIN = re.compile(rf"{_SCHEME}(?P<slashes>:\\?/\\?/)(?P<login>[^\s/?#\"'<>\\]+)(?P<at>@)", re.I)
_RELATIVE_LOGIN = re.compile(  # the scheme is that of the page
    r"(?<![\w:/\\])(?P<scheme>)(?P<slashes>//)(?P<login>[^\s:/?#\"'<>\\@]{1,100}:[^\s/?#\"'<>\\@]{1,300})(?P<at>@)"
)
# As SQLAlchemy reads it, a password may have slashes.
_DATABASE_LOGIN = re.compile(
    r"\b(?P<scheme>postgres(?:ql)?(?:\+\w{1,20})?)(?P<slashes>://)(?P<login>[^\s:/\"'<>]{0,100}:[^\s@]{1,300})(?P<at>@)"
)
_ENCODED_LOGIN = re.compile(
    rf"{_SCHEME}(?P<slashes>%(?:25)*3a(?:%(?:25)*2f){{2}})"
    r"(?P<login>(?:[^\s/?#&\"'<>\\@%]|%(?!(?:25)*(?:2f|3f|23|26|40)))+)(?P<at>%(?:25)*40)",
    re.I,
)
_COLON = re.compile(r"(:|%(?:25)*3a)", re.I)
_WEB = frozenset({"", "http", "https", "ws", "wss", "ftp"})  # in others, such as postgresql, a name alone is not secret


def mask_urls(text: str, replace: Replace) -> str:
    """Return *text* with the secrets in its URLs replaced."""
    if "=" in text or "%" in text or "\\u003" in text:
        text = _mask_parameters(text, replace)
    if "@" in text:
        text = _LOGIN.sub(lambda match: _mask_login(match, replace), text)
        text = _RELATIVE_LOGIN.sub(lambda match: _mask_login(match, replace), text)
        text = _DATABASE_LOGIN.sub(lambda match: _mask_login(match, replace), text)
    if "%" in text:
        text = _ENCODED_LOGIN.sub(lambda match: _mask_login(match, replace), text)
    return text


def _mask_parameters(text: str, replace: Replace) -> str:
    parts, at = [], 0
    for before in _BEFORE.finditer(text):
        if before.start() < at or text.startswith(MASK, before.end()):
            continue
        kind = str(before.lastgroup)
        shortest = shortest_secret(before[kind])
        # Only now, because the value of an ordinary parameter may be long, and have other parameters in it.
        found = None if shortest is None else _VALUES[kind].match(text, before.end())
        if shortest is None or found is None or len(found[0]) < shortest:
            continue
        value = found[0].rstrip(_SENTENCE) or found[0]
        parts += [text[at : before.end()], replace(before[kind], value)]
        at = before.end() + len(value)
    return "".join([*parts, text[at:]])


def _mask_login(match: re.Match[str], replace: Replace) -> str:
    login = match["login"]
    if "secret:" in login:
        return match[0]
    if match["scheme"].lower() in _WEB:
        masked = _in_host(replace("login", login))
    else:
        user, *password = _COLON.split(login, maxsplit=1)
        masked = user + (password[0] + _in_host(replace("password", password[1])) if password else "")
    return match["scheme"] + match["slashes"] + masked + match["at"]


def _in_host(mask: str) -> str:
    """Return a mask as it may be in a URL before the host, where brackets would be those of an IPv6 address."""
    return mask.replace("[", "%5B").replace("]", "%5D")
