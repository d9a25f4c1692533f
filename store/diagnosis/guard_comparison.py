"""Compare the guards in a database with the declared ones."""

from __future__ import annotations

from collections.abc import Mapping

from store.diagnosis.check import OK, WRONG, Check


def compare_guards(declared: Mapping[str, str], actual: Mapping[str, str]) -> Check:
    """Compare a database's guards with the declared ones; both map names to statements that `normalized` returned."""
    missing = sorted(declared.keys() - actual.keys())
    altered = sorted(name for name in declared.keys() & actual.keys() if declared[name] != actual[name])
    if not missing and not altered:
        return Check("guards", OK, f"all {len(declared)} are in place: the database refuses to change recorded events")
    faults = [f"{what}: {', '.join(names)}" for what, names in (("missing", missing), ("altered", altered)) if names]
    return Check(
        "guards",
        WRONG,
        f"the triggers that keep the log append-only were changed ({'; '.join(faults)})",
        "run `veritas verify` to see whether anything was changed, and restore a copy that has its guards",
    )


def normalized(sql: str) -> str:
    """Return a statement with each run of white space replaced by one space, so that layout does not matter."""
    return " ".join(sql.split())
