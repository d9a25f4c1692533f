"""Every error of the store says something by itself."""

from __future__ import annotations

import pytest

from store import errors
from store.errors import StoreError

FAMILY = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, StoreError)]


@pytest.mark.parametrize("kind", FAMILY)
def test_an_error_without_a_message_says_what_its_class_is_for(kind: type[StoreError]) -> None:
    """One sentence, or two clauses of one; and the family is drawn at the top of the module."""
    assert str(kind()) == kind.__doc__
    assert str(kind()).endswith(".") and "\n" not in str(kind())
    assert str(kind("what it was")) == "what it was"
    assert kind.__name__ in (errors.__doc__ or "")
