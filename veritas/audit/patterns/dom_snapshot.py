"""The Snapshot of a page that `collect.js` takes: its rendered elements, in document order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from veritas.audit.patterns.language import languages_of

Colour = tuple[float, float, float]


_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NEIGHBOURS = 3  # on each side
_MORE = 60  # characters: a line below a heading, such as "Today only"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a select."""

    text: str
    selected: bool
    disabled: bool


@dataclass(frozen=True)
class Element:
    """One rendered element.

    Attributes:
        index: Its index in the snapshot.
        parent: Its parent's index; -1 for the root.
        tag: Its name in lower case.
        selector: A CSS path that only it has; `>>` leads into a shadow root or a frame.
        rect: x, y, width, height in CSS pixels of the full page.
        visible: Whether it can be seen: it is drawn, not transparent, has an area, and is not off the page.
        text: The visible text of it and its descendants; None if that is longer than the collector keeps.
        own_text: The visible text that it contains directly.
        leaf: Whether its text is one run, because it contains no block with text.
        inline: Whether it is part of the run of its parent's text.
        colour: The colour in which its text is seen, red, green, blue 0-255: its own, blended with what is under it.
        background: The colour that is seen under its text; of a gradient, the darkest that each channel has.
        lighter_background: Of a gradient, the lightest that each channel has; None if the background is one colour.
        unclear: Why its colours cannot be determined, as a clause; empty if they can.
        font_size: The size at which its text is seen, in CSS pixels.
        bold: Whether its text has a weight of 700 or more.
        clickable: Whether it is a link, a button, or acts like one.
        accessible_name: Its `aria-label` or `title`.
        role: Its ARIA role.
        id_and_class: Its id and classes.
        control: checkbox, radio, switch, select, textarea, or an input's type; empty for everything else.
        label: The text of its labels.
        label_visible: Whether one of its labels can be seen.
        dialog: Whether it is a dialog by element, role or `aria-modal`.
        position: `fixed` or `sticky` if it or an ancestor is positioned so; otherwise empty.
        coverage: The share of the window's points that it covers; only measured for overlays.
        lang: The language that it declares for itself and its descendants; empty if it declares none.
    """

    index: int
    parent: int
    tag: str
    selector: str
    rect: tuple[float, float, float, float]
    visible: bool
    text: str | None = None
    own_text: str = ""
    leaf: bool = False
    inline: bool = False
    colour: Colour = (0, 0, 0)
    background: Colour = (255, 255, 255)
    lighter_background: Colour | None = None
    unclear: str = ""
    font_size: float = 0
    bold: bool = False
    clickable: bool = False
    accessible_name: str = ""
    role: str = ""
    id_and_class: str = ""
    control: str = ""
    name: str = ""
    label: str = ""
    label_visible: bool = False
    disabled: bool = False
    checked: bool = False
    options: tuple[Option, ...] = ()
    dialog: bool = False
    position: str = ""
    coverage: float = 0
    lang: str = ""

    @classmethod
    def from_json(cls, index: int, value: Mapping[str, Any]) -> Element:
        """Return the element that the collector describes."""
        known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        for name in ("rect", "colour", "background", "lighter_background"):
            if name in known:
                known[name] = tuple(known[name])
        known["options"] = tuple(Option(**option) for option in value.get("options", ()))
        return cls(**known, index=index)

    @property
    def words(self) -> str:
        """Its visible text, or else its accessible name."""
        return self.text or self.accessible_name

    @property
    def area(self) -> float:
        """Its area in square CSS pixels."""
        return self.rect[2] * self.rect[3]


@dataclass(frozen=True)
class Snapshot:
    """A page as it was rendered at one time.

    Attributes:
        elements: In document order; a parent comes before its children.
        truncated: Whether the page has more elements than the collector reads; the rest was not examined.
        closed_frames: The number of frames of other sites, which cannot be read.
        age: Seconds of real time since the navigation to the page.
    """

    elements: tuple[Element, ...]
    truncated: bool = False
    closed_frames: int = 0
    age: float = 0
    language: str = ""
    width: float = 0
    height: float = 0
    viewport: tuple[float, float] = (0, 0)
    _by_selector: dict[str, Element] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Snapshot:
        """Return the snapshot that the collector describes."""
        elements = tuple(Element.from_json(index, element) for index, element in enumerate(value["elements"]))
        return cls(
            elements=elements,
            truncated=value["truncated"],
            closed_frames=value["closed_frames"],
            age=value["age"],
            language=value["language"],
            width=value["width"],
            height=value["height"],
            viewport=tuple(value["viewport"]),
            _by_selector={element.selector: element for element in elements},
        )

    def find(self, selector: str) -> Element | None:
        """Return the element with this selector, or None."""
        return self._by_selector.get(selector)

    def ancestors(self, element: Element) -> Iterator[Element]:
        """Yield the elements that contain *element*, nearest first."""
        while element.parent >= 0:
            element = self.elements[element.parent]
            yield element

    def descendants(self, container: Element) -> Sequence[Element]:
        """Return the elements in *container*, in document order."""
        last = self._ends[container.index]
        return self.elements[container.index + 1 : last]

    def neighbours(self, element: Element, length: int) -> Iterator[Element]:
        """Yield what is next to *element* in its container, then next to the container, and so on up to the body.

        On each side the nearest comes first, up to a heading, which is about what follows it, or to a section with a
        heading of its own; texts longer than *length* characters end it as well.
        """
        while element.parent >= 0 and element.tag != "body":
            parent = self.elements[element.parent]
            siblings = [other for other in self.descendants(parent) if other.parent == parent.index and other.visible]
            for sibling in reversed([other for other in siblings if other.index < element.index][-_NEIGHBOURS:]):
                if self._is_section(sibling, length):
                    break
                yield sibling
                if self.has_heading(sibling):
                    break
            for sibling in [other for other in siblings if other.index > element.index][:_NEIGHBOURS]:
                if self.has_heading(sibling) or sibling.text is None or len(sibling.text) > length:
                    break
                yield sibling
            if self.has_heading(parent):
                return
            element = parent

    def _is_section(self, element: Element, length: int) -> bool:
        """Return whether *element* is about something of its own: a long text, or a heading with more than itself."""
        if element.text is None or len(element.text) > length:
            return True
        headings = [inner for inner in self.descendants(element) if inner.tag in _HEADINGS]
        return any(len(element.text) > len(heading.text or "") + _MORE for heading in headings)

    def has_heading(self, element: Element) -> bool:
        """Return whether *element* is a heading, or contains one."""
        return element.tag in _HEADINGS or any(inner.tag in _HEADINGS for inner in self.descendants(element))

    @cached_property
    def _ends(self) -> list[int]:
        """The index after the last descendant of each element."""
        ends = list(range(1, len(self.elements) + 1))
        for element in reversed(self.elements):
            if element.parent >= 0:
                ends[element.parent] = max(ends[element.parent], ends[element.index])
        return ends

    def language_of(self, element: Element) -> str:
        """Return the language of the text of *element*, as an ISO 639-1 code."""
        return self.languages[element.index]

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The language of each element's text, as an ISO 639-1 code."""
        return languages_of(self)

    @property
    def texts(self) -> Iterator[Element]:
        """Yield the outermost visible element of each run of text, in document order."""
        for element in self.elements:
            if element.visible and element.leaf and element.text:
                parent = self.elements[element.parent] if element.parent >= 0 else None
                if not (element.inline and parent and parent.leaf):
                    yield element
