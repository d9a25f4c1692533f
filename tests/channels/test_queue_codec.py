"""What a queue carries comes out as it went in, and its bytes have one declared form."""

from __future__ import annotations

import contextlib
import pickle
from collections import OrderedDict, namedtuple
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.channels.queue_codec import VALUE, pack, unpack

SURROGATES = st.text(st.characters(categories=["Cs", "L", "Cc"]))
HASHABLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | SURROGATES | st.binary(),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
VALUES = st.recursive(
    HASHABLE | st.binary().map(bytearray) | st.sets(HASHABLE, max_size=3) | st.just(2**4000),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(HASHABLE | st.sampled_from(["$tuple", "$dict", "$"]), inner, max_size=4)
    ),
    max_leaves=15,
)


def form(value: Any) -> Any:
    """Return what tells values apart that are equal: their types, the sign of zero, and NaN."""
    if isinstance(value, dict):
        return "dict", [(form(key), form(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [form(item) for item in value]
    if isinstance(value, set | frozenset):
        return type(value).__name__, sorted(map(repr, map(form, value)))
    return type(value).__name__, repr(value)


@given(VALUES)
def test_a_plain_value_comes_out_as_it_went_in(value: Any) -> None:
    """Its type is kept too, at every depth, and a dict's order."""
    assert form(unpack(pack(value))) == form(value)


@given(st.binary())
def test_any_bytes_are_a_value_or_an_ordinary_error(body: bytes) -> None:
    """Nothing else happens, whatever a program puts."""
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        unpack(VALUE + body)


class Number(IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    "value",
    [
        Path("/"),
        Number.ONE,
        OrderedDict(),
        datetime.now(UTC),
        namedtuple("Point", "x")(1),
        object(),
        print,
        ValueError(),
    ],
)
def test_an_instance_of_any_other_class_is_refused(value: object) -> None:
    """It is, at any depth, because a class is not carried."""
    for item in (value, [value], {"a": value}, {value: 1} if value.__hash__ else (value,)):
        with pytest.raises(TypeError, match="ProgressEvents and plain values"):
            pack(item)


def test_a_list_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(TypeError, match="plain values"):
        pack(endless)


def test_a_pickle_is_not_a_value() -> None:
    with pytest.raises(ValueError, match=r"utf-8|JSON|decode"):
        unpack(VALUE + pickle.dumps([1]))
