"""Read the catalogue of a log in an SQLite file.

SQLite builds its tables from the statements in `sqlite_master`, so these are compared, token by token. That includes
statements that were changed in place (`PRAGMA writable_schema`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_master"

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\[[^]]*\]|\w+|[^\s\w]""")
# SQLite's own tables. Its own indexes have no statement, and it has no triggers: one whose name begins with `sqlite_`
# can only have been written into its schema.
_OWN = re.compile(r"sqlite_(sequence|stat\d)")


def catalogue_of(objects: Sequence[Any]) -> dict[str, str]:
    """Return the definition of each thing in a database, by its name in a sentence.

    Args:
        objects: The rows of the query `OBJECTS`: type, name, table and statement of each.
    """
    found: dict[str, str] = {}
    for kind, name, table, sql in objects:
        if (kind == "table" and _OWN.fullmatch(str(name))) or (kind == "index" and sql is None):
            continue
        tokens = [_plain(token) for token in _TOKEN.findall(str(sql))]
        if kind == "table":
            found.update(_table(name, tokens))
        else:
            found[f"{kind} {name!r}" + (f" of {table!r}" if kind != "view" else "")] = " ".join(tokens)
    return found


def _table(name: str, tokens: list[str]) -> Iterator[tuple[str, str]]:
    """Yield a table's columns, constraints and options."""
    begin = tokens.index("(") if "(" in tokens else len(tokens)
    columns = []
    parts, rest = _parts(tokens[begin + 1 :])
    for part in parts:
        if part[:1] == ["constraint"] and len(part) > 1:
            yield f"constraint {part[1]!r} of {name!r}", " ".join(part[2:])
        elif part:
            columns.append(part[0])
            yield f"column {part[0]!r} of {name!r}", " ".join(part[1:])
    yield f"table {name!r}", " ".join([*tokens[:begin], "(", ", ".join(columns), ")", *rest])


def _parts(tokens: list[str]) -> tuple[list[list[str]], list[str]]:
    """Return the parts between commas up to the bracket that closes the list, and the tokens after that."""
    parts: list[list[str]] = [[]]
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token == "(") - (token == ")")
        if depth < 0:
            return parts, tokens[at + 1 :]
        if token == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts, []


def _plain(token: str) -> str:
    """Return a token without the quotes of a name, and in lower case unless it is a text."""
    if token[0] == "'":
        return token
    return (token[1:-1] if token[0] in '"`[' and len(token) > 1 else token).lower()
