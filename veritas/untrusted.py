"""Values out of recorded JSON, which any program may have written: of the type that is wanted, or not at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def as_mapping(value: object) -> Mapping[str, Any]:
    """Return an object as it is; anything else counts as an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_items(value: object) -> Sequence[Any]:
    """Return an array as it is; anything else counts as an empty one."""
    return value if isinstance(value, list | tuple) else []


def as_text(value: object) -> str | None:
    """Return text as it is, None for anything else."""
    return value if isinstance(value, str) else None


def as_number(value: object) -> float | None:
    """Return a finite number that a double can hold, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None
