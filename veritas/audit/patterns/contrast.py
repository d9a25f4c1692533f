"""The contrast of a text with its background, or the reason why it cannot be determined.

The contrast ratio is that of WCAG 2.2, (L1 + 0.05) / (L2 + 0.05) with L the relative luminance in sRGB
(https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). Criterion 1.4.3 requires 4.5, and 3 for large text. Where axe-core's
rule `color-contrast` is incomplete, the contrast cannot be determined; `contrast.js` knows most of the reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from veritas.audit.patterns.dom_snapshot import Element

NORMAL_TEXT = 4.5
LARGE_TEXT = 3.0

_LARGE = 24.0  # CSS pixels: 18 pt
_LARGE_BOLD = 18.66  # CSS pixels: 14 pt


@dataclass(frozen=True)
class Contrast:
    """The contrast of an element's text.

    Attributes:
        ratio: 1-21; None if it cannot be determined.
        why_unknown: Why it cannot be determined, as a clause; empty if it can.
        same_colour: Whether the text has just the colour of its background, so that it cannot be seen. axe-core calls
            this incomplete, because a page may hide a text so; the ratio is None.
    """

    ratio: float | None
    why_unknown: str = ""
    same_colour: bool = False

    @property
    def rounded(self) -> float | None:
        """The ratio with two decimals."""
        return None if self.ratio is None else round(self.ratio, 2)

    def is_below(self, limit: float) -> bool:
        """Return whether the text is known to have less contrast than *limit*."""
        return self.same_colour or (self.ratio is not None and self.ratio < limit)


def contrast(element: Element) -> Contrast:
    """Return the contrast of *element*'s text."""
    if not element.text:
        return Contrast(None, "it shows a picture and no text")
    if sum(character.isalnum() for character in element.text) < 2:
        return Contrast(None, "its text is a sign or a single letter")
    if element.unclear:
        return Contrast(None, element.unclear)
    if element.lighter_background is not None:
        return _contrast_on_gradient(element, element.lighter_background)
    value = ratio(element.colour, element.background)
    if value < 1.01:
        return Contrast(None, "its text has the colour of its background", same_colour=True)
    return Contrast(value)


def required(element: Element) -> float:
    """Return the ratio that WCAG requires for text of this size and weight."""
    is_large = element.font_size >= _LARGE or (element.bold and element.font_size >= _LARGE_BOLD)
    return LARGE_TEXT if is_large else NORMAL_TEXT


def ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the contrast ratio of two colours, red, green and blue each 0-255."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Sequence[float]) -> float:
    """Return the relative luminance of a colour, 0 for black to 1 for white."""
    red, green, blue = (_linear(channel / 255) for channel in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast_on_gradient(element: Element, lighter: Sequence[float]) -> Contrast:
    """Return the best contrast on a gradient if even that is too low, the worst if even that suffices."""
    ratios = ratio(element.colour, element.background), ratio(element.colour, lighter)
    is_between = luminance(element.background) <= luminance(element.colour) <= luminance(lighter)
    worst, best = 1.0 if is_between else min(ratios), max(ratios)
    if best < required(element):
        return Contrast(best)
    if worst >= NORMAL_TEXT:
        return Contrast(worst)
    return Contrast(None, "its background is a gradient")


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
