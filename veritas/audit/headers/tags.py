"""The tags of an HTML text, read in one pass whose time grows with its length and no faster.

The standard library's `html.parser` raises on `<![x[`, takes minutes over a megabyte of `<a <a <a`, and lets a page
hide its scripts from it behind `<!-->`. What is read here are the tokens that the HTML standard (section 13.2.5)
finds, as far as they are tags: no tree is built and nothing is repaired.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

# What stands in these elements is text, up to their own end tag.
_TEXT_ELEMENTS = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
_TEXT_ENDS = {name: re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE) for name in _TEXT_ELEMENTS}
_COMMENT_END = re.compile(r"--!?>")
_NAME = re.compile(r"[a-zA-Z][^ \t\n\f\r/>]*")
_SPACE = re.compile(r"[ \t\n\f\r/]*")
_ATTRIBUTE_NAME = re.compile(r"=?[^ \t\n\f\r/>=]*")
_EQUALS = re.compile(r"[ \t\n\f\r]*=[ \t\n\f\r]*")
_BARE_VALUE = re.compile(r"[^ \t\n\f\r>]*")


@dataclass(frozen=True)
class Tag:
    """A tag: its name and attribute names in lower case, references in the values resolved, first ones kept."""

    name: str
    attributes: dict[str, str]
    is_end: bool = False

    def get(self, name: str) -> str:
        """Return the attribute *name*, or "" where there is none."""
        return self.attributes.get(name, "")


def read_tags(text: str) -> Iterator[Tag]:
    """Yield the tags of *text* in order; whatever follows a tag or a comment that never ends is passed over."""
    position = text.find("<")
    while position >= 0:
        if text.startswith("<!--", position):
            end = _after_comment(text, position + 4)
        elif text[position + 1 : position + 2] in ("!", "?"):
            end = _after(text, ">", position + 2)
        else:
            is_end_tag = text.startswith("/", position + 1)
            name = _NAME.match(text, position + 1 + is_end_tag)
            if name:
                attributes, end = _attributes(text, name.end())
                if end >= 0:
                    tag = Tag(name[0].lower(), attributes, is_end_tag)
                    yield tag
                    end = end if is_end_tag else _after_text(text, tag.name, end)
            else:
                end = _after(text, ">", position + 2) if is_end_tag else position + 1
        position = text.find("<", end) if end >= 0 else -1


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    """Return the attributes from *position* on and the place after the tag, which is -1 where it never ends."""
    attributes: dict[str, str] = {}
    while True:
        position = _end(_SPACE, text, position)
        if position >= len(text):
            return attributes, -1
        if text[position] == ">":
            return attributes, position + 1
        start, position = position, _end(_ATTRIBUTE_NAME, text, position)
        name = text[start:position].lower()
        value = ""
        equals = _EQUALS.match(text, position)
        if equals:
            position = equals.end()
            quote = text[position : position + 1]
            if quote in ('"', "'"):
                closing = text.find(quote, position + 1)
                if closing < 0:
                    return attributes, -1
                value, position = text[position + 1 : closing], closing + 1
            else:
                start, position = position, _end(_BARE_VALUE, text, position)
                value = text[start:position]
        attributes.setdefault(name, html.unescape(value))


def _after_comment(text: str, position: int) -> int:
    for abrupt in (">", "->"):
        if text.startswith(abrupt, position):
            return position + len(abrupt)
    end = _COMMENT_END.search(text, position)
    return end.end() if end else -1


def _after_text(text: str, name: str, position: int) -> int:
    if name == "plaintext":
        return -1
    if name not in _TEXT_ENDS:
        return position
    end = _TEXT_ENDS[name].search(text, position)
    return end.start() if end else -1


def _after(text: str, mark: str, position: int) -> int:
    found = text.find(mark, position)
    return found + len(mark) if found >= 0 else -1


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    matched = pattern.match(text, position)
    return matched.end() if matched else position
