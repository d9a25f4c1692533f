"""The tables of a page of a comparison."""

from __future__ import annotations

from collections.abc import Iterable

from veritas.diff.differences import Differences
from veritas.diff.phase_times import PhaseTimes
from veritas.diff.rules import Rules
from veritas.formatting import duration, signed_seconds
from veritas.report.html import Content, Markup, table, tag


def versus(rows: Iterable[tuple[Content, Content, Content]]) -> Markup:
    """Return what either side has, side by side, under what it is."""
    heads = tag("tr", tag("th"), tag("th", "A"), tag("th", "B"))
    told = (tag("tr", tag("th", name), tag("td", a or "–"), tag("td", b or "–")) for name, a, b in rows)
    return tag("table", tag("thead", heads), tag("tbody", told), class_="versus")


def phases(times: list[PhaseTimes]) -> Markup:
    """Return how long each phase took in either run."""
    if not times:
        return Markup()
    rows = [[each.label, duration(each.a), duration(each.b), signed_seconds(each.longer)] for each in times]
    told = table(("phase", "A", "B", "B − A"), rows, right=("A", "B", "B − A"))
    return tag("section", tag("h2", "Phases"), tag("div", told, class_="card times"))


def hidden(differences: Differences, rules: Rules) -> Markup:
    """Return what did not count, and by which rule."""
    if not differences.hidden:
        return Markup()
    rows = [[rule, f"{found.count:,}", tag("code", found.example)] for rule, found in differences.hidden.items()]
    told = table(("rule", "differences", "for example"), rows, right=("differences",))
    how = "With --no-defaults, `veritas diff` counts what differs each time as well."
    hint = tag("p", how, class_="soft") if rules.defaults else None
    return tag("section", tag("h2", "Not counted"), tag("div", told, hint, class_="card"))
