"""A tag is a short word without spaces."""

from __future__ import annotations

import pytest

from veritas.errors import InvalidSetting
from veritas.events.tag import check_tag


@pytest.mark.parametrize("tag", ["a", "eu/shops:2026-11", "A_1.b", "x" * 64])
def test_letters_digits_and_a_few_signs_are_a_tag(tag: str) -> None:
    assert check_tag(tag) == tag


@pytest.mark.parametrize("tag", ["", "x" * 65, "two words", "a,b", "ä", "a\n", "a;b"])
def test_anything_else_is_refused_in_a_sentence_that_says_what_a_tag_is(tag: str) -> None:
    with pytest.raises(InvalidSetting, match="is not a tag; give 1 to 64 characters of letters, digits and"):
        check_tag(tag)
