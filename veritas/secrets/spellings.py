"""How one value may be spelled in a text: as it is, percent-encoded, escaped for HTML or JSON, or in base64."""

from __future__ import annotations

import base64
import re
from html.entities import codepoint2name

_SHORTEST_BASE64 = 6  # characters; fewer occur by accident
_JSON_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_LETTERS = re.compile(r"[A-Za-z0-9]+")
_PARTS = re.compile(r"\\+|.", re.S)
# The backslashes of a text are matched in one way only; else a site could choose a value and a text for which the
# search takes years.
_ESCAPE = r"(?<!\\)\\+"
_BACKSLASHES = rf"(?:{_ESCAPE}(?:u005[cC])?|%(?:25)*5[cC]|&#0*92;|&#[xX]0*5[cC];)++"
_TO_URL_SAFE = str.maketrans("+/", "-_")


def pattern_of(value: str) -> str:
    """Return a regular expression for *value* in every spelling but base64; each sign may be spelled on its own."""
    pattern, escape = "", _ESCAPE
    for part in _PARTS.findall(value):
        if part[0] == "\\":
            pattern, escape = pattern + _BACKSLASHES, r"\\*"
        else:
            pattern, escape = pattern + (part if _is_plain(part) else _spellings(part, escape)), _ESCAPE
    return pattern


def core_of(value: str) -> str:
    """Return the longest part of *value* that every spelling but base64 has in common."""
    return max(_LETTERS.findall(value), key=len, default="")


def base64_parts(value: str) -> list[str]:
    """Return the parts of base64 text that encode only *value*, for each of its three places in a longer text."""
    data, parts = value.encode("utf-8", "surrogatepass"), dict[str, None]()
    for before, start in ((0, 0), (1, 2), (2, 3)):  # bytes before it, and the characters that encode some of them
        text = base64.b64encode(bytes(before) + data).decode()[start : (before + len(data)) * 8 // 6]
        if len(text) >= _SHORTEST_BASE64:
            parts |= {text: None, text.translate(_TO_URL_SAFE): None}
    return list(parts)


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _spellings(character: str, escape: str) -> str:
    code = ord(character)
    encoded = character.encode("utf-8", "surrogatepass")
    percent = "".join(f"%(?:25)*{_any_case(f'{byte:02x}')}" for byte in encoded)
    utf16 = character.encode("utf-16-be", "surrogatepass").hex()
    json = "".join(rf"{escape}u{_any_case(utf16[at : at + 4])}" for at in range(0, len(utf16), 4))
    forms = [percent, f"&#0*{code};", f"&#[xX]0*{_any_case(f'{code:x}')};", json]
    if name := codepoint2name.get(code):
        forms.append(f"&{name};")
    if character == " ":
        forms.append(r"\+")
    elif character in _JSON_ESCAPES:
        forms.append(rf"{escape}{_JSON_ESCAPES[character]}")
    elif character in "\"'/":
        forms.append(rf"{escape}{re.escape(character)}")
    forms.append(re.escape(character))  # the last, because it may be the beginning of another form
    return f"(?:{'|'.join(forms)})"


def _any_case(digits: str) -> str:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)
