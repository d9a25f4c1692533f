"""Rendering of HTML pages from Jinja2 templates.

Each room that writes pages keeps its templates in a directory `templates`; the base page, the style sheet and the
macros for tables, findings, pictures and plots are here. A page needs no other file: it has no script and reaches no
network, and its own policy forbids both.

Recorded text may be hostile. All values are escaped, so no value becomes markup, and in the finished page every control
character, bidirectional override and lone surrogate is replaced by a visible escape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import veritas
from veritas.formatting import escape_control_characters, short_number

if TYPE_CHECKING:
    from jinja2 import Environment

_CHUNK = 1 << 16  # characters of a page that are encoded and written at once


def render(packages: str | Sequence[str], template: str, **values: Any) -> Iterator[bytes]:
    """Yield a page in pieces; values that are iterators are read as the page is written.

    Args:
        packages: The packages whose templates are used, together with those of this room; the first one that has a
            template of a name counts.
        template: The template's name.
        values: The variables of the template.
    """
    chunk: list[str] = []
    size = 0
    names = (packages,) if isinstance(packages, str) else tuple(packages)
    for piece in _environment(names).get_template(template).generate(values):
        chunk.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield _encode("".join(chunk))
            chunk, size = [], 0
    if chunk:
        yield _encode("".join(chunk))


@cache
def generator() -> str:
    """Return the name of the program that makes the pages: the version of VERITAS and a hash of what they are made by.

    The same events give the same bytes only under the same name.
    """
    room, digest = files("veritas.report"), sha256()
    sources = [
        *room.iterdir(),
        *(room / "templates").iterdir(),
        files("veritas") / "formatting.py",
        files("veritas.projections") / "descriptions.py",
    ]
    for file in sorted(sources, key=lambda file: file.name):
        if file.name.endswith((".py", ".html", ".css")):
            digest.update(file.name.encode("utf-8") + b"\0" + file.read_bytes() + b"\0")
    return f"VERITAS {veritas.__version__}, layout {digest.hexdigest()[:12]}"


@cache
def _environment(packages: tuple[str, ...]) -> Environment:
    """Return the environment for the templates of packages; Jinja2 is imported here, when a page is really made."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, "veritas.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: "" if value is None else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals["generator"] = generator()
    environment.filters["fixed"] = _fixed
    environment.filters["number"] = short_number
    return environment


def _fixed(value: float, digits: int) -> str:
    """Return a number with so many decimals."""
    return f"{value:.{digits}f}"


def _encode(text: str) -> bytes:
    """Return text as UTF-8, with every harmful character but the newline as a visible escape."""
    return "\n".join(map(escape_control_characters, text.split("\n"))).encode("utf-8")
