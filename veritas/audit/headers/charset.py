"""The character encoding of an HTML document, found as browsers find it (Encoding and HTML standards of the WHATWG).

A byte order mark takes precedence over the charset in `Content-Type`, that over the document's own declaration, and
without any the document is windows-1252.
"""

from __future__ import annotations

import re

import webencodings

from veritas.audit.headers.markup import Tag, read_tags

_DEFAULT = "windows-1252"

# Browsers look for a declaration in the first 1,024 bytes and, where the head of the document is longer, up to its end.
_PRESCAN = 1024
_MAX_HEAD = 65_536
_IN_HEAD = frozenset({"html", "head", "meta", "title", "base", "link", "style", "script", "noscript", "object"})

_CHARSET = re.compile(r"""charset[ \t\n\f\r]*=[ \t\n\f\r]*(?:"([^"]*)"|'([^']*)'|([^\s;"']+))""", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"""<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]+)["']""")


def decode_html(body: bytes, content_type: str = "") -> str:
    """Return the text of the HTML document *body*; bytes that its encoding does not have become U+FFFD.

    Args:
        content_type: The value of the `Content-Type` header, which may name the encoding.
    """
    encoding = _labelled(content_type) or _declared(body) or _DEFAULT
    text, _ = webencodings.decode(body, encoding, errors="replace")  # it gives a byte order mark precedence
    return str(text)


def _labelled(text: str) -> webencodings.Encoding | None:
    """Return the encoding that the `charset=` in *text* names; None without one, or if no browser knows it."""
    match = _CHARSET.search(text)
    return webencodings.lookup(match[1] or match[2] or match[3] or "") if match else None


def _declared(body: bytes) -> webencodings.Encoding | None:
    """Return the encoding that the document declares in a meta element or in its XML declaration; None without one."""
    start = body[:_MAX_HEAD].decode("latin-1")
    if match := _XML_DECLARATION.match(start):
        return _for_declaration(webencodings.lookup(match[1]))
    for within, only_head in ((start[:_PRESCAN], False), (start, True)):
        for tag in read_tags(within):
            if only_head and (tag.name not in _IN_HEAD or (tag.is_end and tag.name == "head")):
                break
            encoding = None if tag.is_end or tag.name != "meta" else _in_meta(tag)
            if encoding:
                return _for_declaration(encoding)
    return None


def _in_meta(tag: Tag) -> webencodings.Encoding | None:
    if "charset" in tag.attributes:
        return webencodings.lookup(tag.get("charset"))
    return _labelled(tag.get("content")) if tag.get("http-equiv").strip().lower() == "content-type" else None


def _for_declaration(encoding: webencodings.Encoding | None) -> webencodings.Encoding | None:
    """Return the encoding that is used for a declared one: a declaration that can be read is not in UTF-16."""
    if encoding and encoding.name in ("utf-16le", "utf-16be"):
        return webencodings.UTF8
    return webencodings.lookup(_DEFAULT) if encoding and encoding.name == "x-user-defined" else encoding
