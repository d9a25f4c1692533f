"""A text diff loses nothing, and shows only the different lines of long texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from veritas.diff.text_diff import Piece, changed_lines, excerpt, pieces

TEXT = st.text(alphabet="ab,.  \n", max_size=30)


@given(TEXT, TEXT)
def test_the_pieces_add_up_to_both_texts(before: str, after: str) -> None:
    result = pieces(before, after)
    assert "".join(piece.before for piece in result) == before
    assert "".join(piece.after for piece in result) == after


def test_whole_words_are_marked_as_different() -> None:
    assert pieces("Ends in 14:59 today", "Ends in 14:05 today") == [
        Piece("Ends in 14:", "Ends in 14:"),
        Piece("59", "05"),
        Piece(" today", " today"),
    ]
    assert pieces("", "new") == [Piece("", "new")]
    assert pieces("", "") == []


@given(TEXT, TEXT)
def test_only_different_lines_are_returned(before: str, after: str) -> None:
    result = changed_lines(before, after)
    assert bool(result) == (before != after)
    lines = [line.before for stretch in result for line in stretch if line.before]
    assert all(line in before.split("\n") for line in lines)


def test_a_missing_line_does_not_make_later_lines_differ() -> None:
    text = "\n".join(f"line {number}" for number in range(500))
    assert changed_lines(text, text.replace("line 250\n", "")) == [[Piece("line 250", "")]]


def test_a_long_line_is_cut_around_the_difference() -> None:
    before, after = "x" * 1000 + "one" + "y" * 1000, "x" * 1000 + "two" + "y" * 1000
    assert excerpt(before, after, around=5, longest=100) == "…xxxxxoneyyyyy…"
    assert excerpt("x" * 1000, "", around=5, longest=10) == "x" * 10 + "…"
    assert excerpt("one", "two", around=5, longest=100) == "one"


def test_long_texts_without_anything_in_common_are_returned_whole() -> None:
    before, after = " ".join(f"a{n}" for n in range(5000)), " ".join(f"b{n}" for n in range(5000))
    assert pieces(before, after) == [Piece(before, after)]


def test_a_text_too_long_for_words_is_compared_at_its_ends() -> None:
    around = "word " * 200_000
    before, after = f"{around}one{around}", f"{around}two{around}"
    result = pieces(before, after)
    assert ("".join(piece.before for piece in result), "".join(piece.after for piece in result)) == (before, after)
    assert result[0].same and result[-1].same and len(result) == 3
