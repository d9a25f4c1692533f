"""Secrets: it knows the values that no log may hold, and replaces them in texts and JSON by masks.

A mask is `[secret:NAME:HASH]`. HASH is 8 hex digits of the HMAC-SHA256 of the value, with a key that is not in the log.
So a value has the same mask wherever it is in one log, and without the key no one can try values against the mask.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, cast
from urllib.parse import unquote

from veritas.secrets.command_line import mask_arguments
from veritas.secrets.fields import mask_fields
from veritas.secrets.known import KnownValue
from veritas.secrets.names import is_login_name
from veritas.secrets.shapes import mask_shapes
from veritas.secrets.spellings import core_of
from veritas.secrets.urls import MASK, mask_urls

SHORTEST = 6  # characters of a value that is replaced wherever it is; a shorter one occurs in texts by accident

_MAX_LEARNED = 400  # values that a site may make us remember, of which half may come from URLs
_MAX_VALUE = 8_192  # characters
_MAX_NAME = 40
_SHORTEST_CORE = 4  # characters; see `core_of`
_OWN_VALUES = frozenset({"effective_mode", "kind", "mode", "status", "tier"})
_OWN_NAME = re.compile(r"[a-z_]+")
_SIGN = re.compile(r"[^A-Za-z0-9]")
_SIGNS = re.compile(r"[^\w.-]+")
_SCHEME = re.compile(r"(?:Basic|Bearer|Token|ApiKey)\s+(?P<credentials>\S+)$", re.I)
_URL = re.compile(r"https?://\S+$", re.I)
_HOST_OR_URL = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}$|.*(?:://|%3a%2f%2f)|/", re.I)

T = TypeVar("T")


class Secrets:
    """The secrets of one process, and their masks. Masking a text twice changes nothing."""

    def __init__(self, key: bytes | None = None) -> None:
        """Create an object that knows no value yet.

        Args:
            key: The key of the masks' hashes; None for masks without a hash, in messages that are not recorded.
        """
        self._key = key
        self._known: dict[str, KnownValue] = {}
        self._learned = 0

    def add(self, name: str, value: str) -> None:
        """Remember a value that the user gave: it is replaced wherever it is, in every spelling, base64 included.

        Of the value of an `Authorization` header the credentials are remembered too. A value of fewer than `SHORTEST`
        characters is not remembered: it would be found in many words.
        """
        if scheme := _SCHEME.match(value):
            self.add(name, scheme["credentials"])
        self._remember(KnownValue(name, value, given=True))

    def learn(self, name: str, value: str, *, limit: int = _MAX_LEARNED) -> None:
        """Remember a value that a site sent, such as a cookie's, if it is unlikely to occur in a text by accident.

        Not more than *limit* are remembered, because a site may send any number.
        """
        if len(value) <= _MAX_VALUE and _is_distinctive(name, value):
            for spelling in {value, unquote(value)} - self._known.keys():
                if self._learned < limit:
                    self._learned += 1
                    self._remember(KnownValue(name, spelling, given=False))

    def replacement(self, name: str, value: str) -> str:
        """Return the mask of *value*, which all its percent-encoded spellings have too; a mask stays as it is."""
        if value.startswith(MASK):
            return value
        shown = _SIGNS.sub("_", unquote(name))[:_MAX_NAME]
        if self._key is None:
            return f"{MASK}{shown}]"
        digest = hmac.digest(self._key, unquote(value).encode("utf-8", "surrogatepass"), "sha256")
        return f"{MASK}{shown}:{digest[:4].hex()}]"

    def mask(self, text: str) -> str:
        """Return *text* with every secret replaced."""
        return self._mask(text, self._known_in(text))

    def mask_command(self, arguments: Sequence[str]) -> list[str]:
        """Return a command's arguments with every secret replaced; those known by an option's name are remembered."""
        return [self.mask(argument) for argument in mask_arguments(arguments, self._add_and_replace)]

    def mask_bytes(self, data: bytes) -> bytes:
        """Return text in UTF-8, with every secret replaced; all other bytes stay, also those that are not UTF-8."""
        return self.mask(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def mask_members(self, members: dict[str, Any]) -> dict[str, Any]:
        """Return the members of an event of the recorder as `mask_json` does.

        `command` is a command's arguments, if it is an array. A member whose values we have defined stays.
        """
        command = members.get("command")
        masked = self.mask_json(members | {"command": self.mask_command(command)} if command else members)
        return masked | {name: members[name] for name in _OWN_VALUES & members.keys()}

    def mask_json(self, value: T) -> T:
        """Return a JSON value with every secret in its texts replaced.

        The names of members are included, except those of lower-case letters and `_`, which are our own.

        The values of its cookies, its headers and its URLs are remembered with `learn`, and so found in all its texts.
        """
        masked = mask_fields(value, self._learn_and_replace)
        known, learned = self._known_in_all(masked), self._learned
        masked = self._mask_all(masked, known)
        if self._learned > learned:  # from its URLs
            masked = self._mask_all(masked, self._known_in_all(masked))
        return cast(T, masked)

    def _mask_all(self, value: Any, known: Sequence[KnownValue]) -> Any:
        if isinstance(value, str):
            return self._mask(value, known, learn=_URL.match(value) is not None)
        if isinstance(value, dict):
            return {self._mask_name(name, known): self._mask_all(item, known) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._mask_all(item, known) for item in value]
        return value

    def _mask_name(self, name: str, known: Sequence[KnownValue]) -> str:
        """Return the name of a member masked, unless it is one that our own structures have, such as `session`."""
        return name if _OWN_NAME.fullmatch(name) else self._mask(name, known)

    def _mask(self, text: str, known: Sequence[KnownValue], *, learn: bool = False) -> str:
        if len(text) < SHORTEST:
            return text
        for value in known:
            if value.is_in(text):
                text = value.mask(text, self.replacement)
        return mask_urls(mask_shapes(text, self.replacement), self._learn_from_url if learn else self.replacement)

    def _add_and_replace(self, name: str, value: str) -> str:
        self.add(name, value)
        return self.replacement(name, value)

    def _learn_and_replace(self, name: str, value: str) -> str:
        self.learn(name, value)
        return self.replacement(name, value)

    def _learn_from_url(self, name: str, value: str) -> str:
        self.learn(name, value, limit=_MAX_LEARNED // 2)
        return self.replacement(name, value)

    def _remember(self, known: KnownValue) -> None:
        if len(known.value) >= SHORTEST and not known.value.startswith(MASK):
            self._known.setdefault(known.value, known)

    def _known_in_all(self, value: Any) -> list[KnownValue]:
        return self._known_in("\n".join(_texts(value))) if self._known else []

    def _known_in(self, text: str) -> list[KnownValue]:
        """Return the known values that *text* may have; the longest is first, because it may contain others."""
        present = [known for known in self._known.values() if known.is_in(text)]
        return sorted(present, key=lambda known: len(known.value), reverse=True)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _is_distinctive(name: str, value: str) -> bool:
    """Return whether a value is random enough to be searched in texts, where a word or a number must stay.

    A short value has to have letters and digits, and the shorter it is, the more its name has to say that it is secret.
    One that is mostly signs would take long to search: a site could stop an audit with 400 of them.
    """
    if len(_SIGN.findall(value)) * 2 > len(value) or len(core_of(value)) < _SHORTEST_CORE:
        return False
    if re.search(r"\s", value) or _HOST_OR_URL.match(unquote(value)):
        return False
    mixed = bool(re.search("[A-Za-z]", value) and re.search("[0-9]", value))
    if mixed:
        return len(value) >= (SHORTEST if is_login_name(name) else 10)
    return len(value) >= (12 if value.isdigit() or is_login_name(name) else 20)
