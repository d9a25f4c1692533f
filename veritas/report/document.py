"""What every page begins with: no script, no network, its own policy against both, and the looks."""

from __future__ import annotations

from importlib.resources import files

import veritas
from veritas.report.markup import Markup, tag

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
