"""The player's script and style sheet, as one text each, for a page that has no other files.

The script is a set of ES modules, and a browser loads them as they are. A page that must need no other file has one
script, whose hash its policy names: the modules one after another, each as a function that returns what it exports.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

# Each module imports only from those before it.
MODULES = (
    *("text", "dom", "states", "source", "recorded_source", "evidence"),
    *("timeline", "stage", "findings", "network", "panels", "player", "recorded"),
)

_IMPORT = re.compile(r"^import .*? from .*?;\n", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export ((?:async )?(?:class|const|function) (\w+))", re.MULTILINE)


@cache
def script() -> str:
    """Return the modules as one module that imports nothing."""
    return "".join(map(_as_function, MODULES))


@cache
def style() -> str:
    """Return the style sheet of all pages, and that of the player."""
    page = (files("veritas.report") / "templates" / "page.css").read_text("utf-8")
    return page + _read("player.css")


@cache
def version() -> str:
    """Return a hash of everything that makes the player's page from a recording."""
    digest = sha256()
    for file in sorted(_sources(), key=lambda file: file.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def policy_hash(text: str) -> str:
    """Return how a Content-Security-Policy names an inline script or style sheet."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode('ascii')}'"


def _as_function(module: str) -> str:
    source = _IMPORT.sub("", _read(f"{module}.js"))
    names = ", ".join(match[2] for match in _EXPORT.finditer(source))
    body = _EXPORT.sub(r"\1", source)
    return f"const {{ {names} }} = (() => {{\n{body}return {{ {names} }};\n}})();\n" if names else f"{{\n{body}}}\n"


def _read(name: str) -> str:
    return (files("veritas.player") / "static" / name).read_text("utf-8")


def _sources() -> Iterator[Traversable]:
    room = files("veritas.player")
    for directory in (room, room / "templates", room / "static"):
        yield from (file for file in directory.iterdir() if file.name.endswith((".py", ".html", ".css", ".js")))
