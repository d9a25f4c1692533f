"""Comparing the guards that a database has with those that there should be; see `store.guards`."""

from __future__ import annotations

from collections.abc import Mapping

from store.check import OK, WRONG, Check


def compare_guards(declared: Mapping[str, str], found: Mapping[str, str]) -> Check:
    """Return what came of comparing guards, each by its name, in the form that `plain` gives them."""
    missing = sorted(declared.keys() - found.keys())
    altered = sorted(name for name in declared.keys() & found.keys() if declared[name] != found[name])
    if not missing and not altered:
        return Check("guards", OK, f"all {len(declared)} are in place: the database refuses to change what is recorded")
    faults = [f"{what}: {', '.join(names)}" for what, names in (("missing", missing), ("altered", altered)) if names]
    return Check(
        "guards",
        WRONG,
        f"somebody took away what keeps the log append-only ({'; '.join(faults)})",
        "run `veritas verify` to see whether anything was changed, and restore a copy that has its guards",
    )


def plain(sql: str) -> str:
    """Return a statement without what does not matter in it: how it is laid out."""
    return " ".join(sql.split())
