"""Every error of the store has a default message."""

from __future__ import annotations

import pytest

from store import errors
from store.errors import StoreError

FAMILY = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, StoreError)]


@pytest.mark.parametrize("kind", FAMILY)
def test_the_default_message_of_an_error_is_its_docstring(kind: type[StoreError]) -> None:
    """It is one sentence, and the class appears in the family drawn at the top of the module."""
    assert str(kind()) == kind.__doc__
    assert str(kind()).endswith(".") and "\n" not in str(kind())
    assert str(kind("what it was")) == "what it was"
    assert kind.__name__ in (errors.__doc__ or "")
