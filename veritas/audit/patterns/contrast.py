"""The contrast of a text with its background.

The contrast ratio is that of WCAG 2.2, (L1 + 0.05) / (L2 + 0.05) with L the relative luminance in sRGB
(https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). Criterion 1.4.3 requires 4.5, and 3 for large text.
"""

from __future__ import annotations

from collections.abc import Sequence

from veritas.audit.patterns.dom_snapshot import Element

NORMAL_TEXT = 4.5
LARGE_TEXT = 3.0

_LARGE = 24.0  # CSS pixels: 18 pt
_LARGE_BOLD = 18.66  # CSS pixels: 14 pt


def contrast(element: Element) -> float | None:
    """Return the contrast ratio of *element*'s text, 1-21; None if its background has an image or a gradient."""
    if not element.plain_background:
        return None
    alpha = element.colour[3] * element.opacity
    seen = [top * alpha + bottom * (1 - alpha) for top, bottom in zip(element.colour, element.background, strict=False)]
    return ratio(seen, element.background)


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


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
