"""Texts are taken apart without losing anything, and of long ones the lines that differ are shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from veritas.diff.text_diff import Piece, changed_lines, excerpt, pieces

TEXT = st.text(alphabet="ab,.  \n", max_size=30)


@given(TEXT, TEXT)
def test_the_pieces_are_both_texts(before: str, after: str) -> None:
    found = pieces(before, after)
    assert "".join(piece.before for piece in found) == before
    assert "".join(piece.after for piece in found) == after


def test_words_that_differ_are_marked_whole() -> None:
    assert pieces("Ends in 14:59 today", "Ends in 14:05 today") == [
        Piece("Ends in 14:", "Ends in 14:"),
        Piece("59", "05"),
        Piece(" today", " today"),
    ]
    assert pieces("", "new") == [Piece("", "new")]
    assert pieces("", "") == []


@given(TEXT, TEXT)
def test_lines_are_told_where_texts_differ_and_only_there(before: str, after: str) -> None:
    found = changed_lines(before, after)
    assert bool(found) == (before != after)
    told = [line.before for stretch in found for line in stretch if line.before]
    assert all(line in before.split("\n") for line in told)


def test_a_missing_line_does_not_make_those_behind_it_differ() -> None:
    text = "\n".join(f"line {number}" for number in range(500))
    assert changed_lines(text, text.replace("line 250\n", "")) == [[Piece("line 250", "")]]


def test_a_long_line_is_cut_around_what_differs() -> None:
    before, after = "x" * 1000 + "one" + "y" * 1000, "x" * 1000 + "two" + "y" * 1000
    assert excerpt(before, after, around=5, longest=100) == "…xxxxxoneyyyyy…"
    assert excerpt("x" * 1000, "", around=5, longest=10) == "x" * 10 + "…"
    assert excerpt("one", "two", around=5, longest=100) == "one"


def test_texts_that_have_nothing_in_common_and_are_long_are_told_as_they_are() -> None:
    before, after = " ".join(f"a{n}" for n in range(5000)), " ".join(f"b{n}" for n in range(5000))
    assert pieces(before, after) == [Piece(before, after)]


def test_a_text_that_is_too_long_for_words_is_told_by_its_ends() -> None:
    around = "word " * 200_000
    before, after = f"{around}one{around}", f"{around}two{around}"
    found = pieces(before, after)
    assert ("".join(piece.before for piece in found), "".join(piece.after for piece in found)) == (before, after)
    assert found[0].same and found[-1].same and len(found) == 3
