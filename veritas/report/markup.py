"""HTML in which nothing that was recorded can become markup: text is escaped unless it is `Markup` already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TypeAlias

from veritas.formatting import harmless


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


Content: TypeAlias = "str | Iterable[Content] | None"

_VOID = ("br", "img", "meta")


def tag(element: str, /, *content: Content, **attributes: str | int | None) -> Markup:
    """Return an element.

    Args:
        element: Its name.
        content: What is in it: text, which is escaped, and elements.
        attributes: Its attributes; of a name like `class_` the underscore goes, and None is no attribute.
    """
    given = [(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None]
    opening = " ".join([element, *(f'{key}="{_escaped(str(value))}"' for key, value in given)])
    return Markup(f"<{opening}>" if element in _VOID else f"<{opening}>{join(content)}</{element}>")


def join(content: Content) -> Markup:
    """Return text and elements behind each other."""
    if content is None:
        return Markup()
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(_escaped(content))
    return Markup("".join(map(join, content)))


def chip(text: str, tones: Mapping[str, str]) -> Markup:
    """Return a word that is set off, in the colour of its tone."""
    return tag("span", text, class_=f"chip {tones.get(text, '')}".rstrip())


def pairs(facts: Iterable[tuple[str, Content]]) -> Markup:
    """Return names and what they stand for; a name that stands for nothing is left out."""
    return tag("dl", ([tag("dt", name), tag("dd", value)] for name, value in facts if value))


def table(
    heads: tuple[str, ...],
    rows: Iterable[Iterable[Content]],
    right: tuple[str, ...] = (),
    *,
    stacked: bool = True,
) -> Markup:
    """Return a table with one cell a head in each row; the columns in *right* are aligned there.

    On a narrow page it loses its heads and its columns, which are *stacked*, or else is pushed from side to side.
    """
    classes = ["right" if head in right else None for head in heads]
    head = tag("tr", (tag("th", text, class_=class_) for text, class_ in zip(heads, classes, strict=True)))
    body = (
        tag("tr", (tag("td", cell, class_=class_) for cell, class_ in zip(row, classes, strict=True))) for row in rows
    )
    return tag(
        "div",
        tag("table", tag("thead", head), tag("tbody", body), class_="stacked" if stacked else "pushed"),
        class_="wide",
    )


def _escaped(text: str) -> str:
    """Escape text; what would reorder or hide it is made visible, and its lines remain lines."""
    return "\n".join(escape(harmless(line)) for line in text.split("\n"))
