"""The differences on a page: by category and event, what either side says beside the other, with the changes marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from veritas.diff.deduplicate import Told, told_once
from veritas.diff.difference import ABSENT, CATEGORIES, DUPLICATED, MISSING, Difference, Differences
from veritas.diff.field_path import path_text
from veritas.diff.rules import Rules
from veritas.diff.run_comparison import PhaseTimes
from veritas.diff.text_diff import Piece, pieces
from veritas.events.progress import encode_json
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


_LONGEST_SAME = 160  # characters of what is the same on either side; of more, the two ends
_MOST_PIECES = 400  # of one text: what comes behind them is left out
_LONGEST = 4_000  # characters of what differs
_BREAK_BEHIND, _BREAK_BEFORE = re.compile(r"(?<=\s)\S+\Z"), re.compile(r"\A\S+(?=\s)")
_WORDS = {MISSING: "only in {}", DUPLICATED: "once more in {}"}


def changes(differences: Differences) -> Iterator[Markup]:
    """Yield a section for each category of which there is a difference."""
    told = told_once(differences)
    for category in CATEGORIES:
        found = [item for item in told if item.difference.category == category]
        if found:
            number = sum(item.times for item in found)
            groups = groupby(found, lambda item: (item.difference.a, item.difference.b))
            cards = (_card(list(items)) for _, items in groups)
            yield tag("section", tag("h2", f"{category.capitalize()} ({number:,})"), cards)


def _card(told: list[Told]) -> Markup:
    """Return what differs in one event."""
    first = told[0].difference
    a, b = first.a, first.b
    ref = a or b
    numbers = [f"{side} {event.seq}" for side, event in (("A", a), ("B", b)) if event is not None]
    whole = [tag("p", _of_the_whole(item.difference), class_="whole") for item in told if not item.difference.path]
    rows = [_row(item) for item in told if item.difference.path]
    return tag(
        "div",
        tag(
            "div",
            tag("h3", first.event),
            tag("span", ref.subject if ref else None, class_="subject"),
            tag("span", f"event {', '.join(numbers)}" if numbers else None, class_="number"),
            class_="head",
        ),
        whole,
        versus(rows) if rows else None,
        class_="card",
    )


def _of_the_whole(difference: Difference) -> str:
    return _WORDS.get(difference.kind, "stands elsewhere").format("A" if difference.a is not None else "B")


def _row(told: Told) -> tuple[Content, Content, Content]:
    difference = told.difference
    again = tag("span", f"again in {', '.join(told.again)}", class_="again") if told.again else None
    before, after = _marked(difference.before, difference.after)
    return [tag("code", path_text(difference.path)), again], before, after


def _marked(before: Any, after: Any) -> tuple[Content, Content]:
    """Return two values with what only one of them has marked; None for one that is absent."""
    if before is ABSENT or after is ABSENT or not (isinstance(before, str) and isinstance(after, str)):
        return (
            None if before is ABSENT else tag("del", _cut(_text(before))),
            None if after is ABSENT else tag("ins", _cut(_text(after))),
        )
    found = pieces(before, after)
    more = tag("span", "…", class_="gap") if len(found) > _MOST_PIECES else None
    found = found[:_MOST_PIECES]
    last = len(found) - 1
    same = [_shortened(piece.before, first=not at, last=at == last) for at, piece in enumerate(found)]
    return (
        [*(_piece(piece, "del", piece.before, text) for piece, text in zip(found, same, strict=True)), more],
        [*(_piece(piece, "ins", piece.after, text) for piece, text in zip(found, same, strict=True)), more],
    )


def _piece(piece: Piece, element: str, text: str, same: Content) -> Content:
    if piece.same:
        return same
    return tag(element, _cut(text)) if text else None


def _shortened(text: str, *, first: bool, last: bool) -> Content:
    """Return what is the same on either side, without its middle where that is long, or without its outer end."""
    if len(text) <= _LONGEST_SAME:
        return text
    half = _LONGEST_SAME // 2
    begin, end = _words_only(text[:half], _BREAK_BEHIND), _words_only(text[-half:], _BREAK_BEFORE)
    return ["" if first else begin, tag("span", "…", class_="gap"), "" if last else end]


def _words_only(text: str, broken: re.Pattern[str]) -> str:
    """Return a text without the word that it was cut in, unless it is all one."""
    return broken.sub("", text, count=1) or text


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else encode_json({"": value})[4:-1].decode("utf-8")
