"""Cookies and headers in decoded JSON: which values are secrets because of their place, whatever they look like."""

from __future__ import annotations

from typing import Any

from veritas.secrets.names import SECRET_HEADERS
from veritas.secrets.shapes import ATTRIBUTES
from veritas.secrets.urls import Replace

_COOKIE_HEADERS = frozenset({"cookie", "set-cookie"})
_COOKIE = frozenset({"name", "value", "domain"})  # the members by which a cookie is recognised


def mask_fields(value: Any, replace: Replace) -> Any:
    """Return a JSON value with the values of its cookies and secret headers replaced."""
    if isinstance(value, dict):
        masked = {name: mask_fields(item, replace) for name, item in value.items()}
        if _is_cookie(value) and value["value"]:
            masked["value"] = replace(str(value["name"]), value["value"])
        return masked | {
            name: _mask_header(name, item, replace) for name, item in value.items() if _is_secret(name, item)
        }
    if not isinstance(value, list | tuple):
        return value
    if len(value) == 2 and _is_secret(*value):
        return [value[0], _mask_header(value[0], value[1], replace)]
    return [mask_fields(item, replace) for item in value]


def _is_cookie(value: dict[str, Any]) -> bool:
    return value.keys() >= _COOKIE and isinstance(value["value"], str)


def _is_secret(name: Any, value: Any) -> bool:
    return isinstance(name, str) and isinstance(value, str) and name.lower() in SECRET_HEADERS


def _mask_header(name: str, value: str, replace: Replace) -> str:
    name = name.lower()
    if name not in _COOKIE_HEADERS:
        return replace(name, value)
    return "\n".join(_mask_cookies(line, replace) for line in value.split("\n"))  # browsers join equal headers so


def _mask_cookies(line: str, replace: Replace) -> str:
    """Return a `Cookie` or `Set-Cookie` header with its values replaced; they may have spaces, the first no name."""
    parts = line.split(";")
    for index, part in enumerate(parts):
        name, equals, value = part.partition("=") if "=" in part or index else ("", "", part)
        plain, found = name.strip(), value.strip()
        if found and not (index and plain.lower() in ATTRIBUTES):
            parts[index] = name + equals + value.replace(found, replace(plain, found), 1)
    return ";".join(parts)
