"""HTML in which nothing that was recorded can become markup: text is escaped unless it is `Markup` already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import TypeAlias

import veritas
from veritas.formatting import escape_control_characters


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
    return "\n".join(escape(escape_control_characters(line)) for line in text.split("\n"))


DOCTYPE = b'<!doctype html>\n<html lang="en">\n'

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def head(title: str, *styles: str) -> Markup:
    """Return a page's head.

    Args:
        title: What the page is called.
        styles: Style sheets of its own, beside those of all pages.
    """
    sheets = [(files("veritas.report") / "report.css").read_text(encoding="utf-8"), *styles]
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content=generator()),
        tag("title", title),
        tag("style", Markup("".join(sheets))),
    )


def generator() -> str:
    """Return what the page says that it was made by: two versions may tell the same events in other words."""
    return f"VERITAS {veritas.__version__}"


def line(markup: Markup) -> bytes:
    """Return markup as a line of a page; nothing where there is none."""
    return markup.encode("utf-8") + b"\n" if markup else b""
