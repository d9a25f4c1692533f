"""A finding's place on a screenshot."""

from __future__ import annotations

from typing import NamedTuple, Self

from veritas.events.json import as_mapping, as_number

_AROUND = 40  # pixels around an element that is cut out, and more until the cut is of a size that tells something
_LEAST_CUT = (360, 120)


class Rect(NamedTuple):
    """A place on a picture, in its pixels."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def read(cls, said: object) -> Self | None:
        """Return what a finding says of an element's place; None where that is none."""
        mapping = as_mapping(said)
        x, y, width, height = (as_number(mapping.get(name)) for name in cls._fields)
        if x is None or y is None or width is None or height is None or width < 0 or height < 0:
            return None
        return cls(x, y, width, height)

    def within(self, width: int, height: int) -> bool:
        """Whether all of it lies on a picture of that size."""
        return min(self.x, self.y) >= 0 and self.x + self.width <= width and self.y + self.height <= height

    def with_margin(self, width: int, height: int) -> Rect:
        """Return it with what stands around it, as far as the picture goes."""
        left, right = _widened(self.x, self.width, _LEAST_CUT[0], width)
        top, bottom = _widened(self.y, self.height, _LEAST_CUT[1], height)
        return Rect(left, top, right - left, bottom - top)


def _widened(start: float, length: float, least: float, whole: int) -> tuple[float, float]:
    """Return where a stretch begins and ends with what is around it, within 0 and *whole*."""
    around = max(_AROUND, (least - length) / 2)
    begin = max(0.0, min(start - around, whole - length - 2 * around))
    return begin, min(float(whole), max(start + length + around, begin + length + 2 * around))
