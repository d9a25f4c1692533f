"""A page as `collect.js` saw it at one moment: its elements, in document order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Colour = tuple[float, float, float, float]


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
        index: Its place in the snapshot.
        parent: Its parent's index; -1 for the root.
        tag: Its name in lower case.
        selector: A CSS path that is its own alone; `>>` goes into a shadow root or a frame.
        rect: x, y, width, height in CSS pixels of the full page.
        visible: It can be seen: drawn, not transparent, with an area, not off the page.
        text: What can be seen of its text and its descendants'; None where that is longer than the collector keeps.
        own: What stands directly in it.
        leaf: No block with text is in it, so that its text is one run.
        inline: It stands in the run of its parent's text.
        colour: Its text's colour: red, green, blue 0-255, alpha 0-1.
        background: The colour behind its text: the backgrounds of its ancestors, one over the other.
        plain: That colour is all there is behind it: no image, no gradient.
        opacity: Its own and all its ancestors', multiplied.
        font: Its text's size in CSS pixels.
        bold: Its text has a weight of 700 or more.
        clickable: It is a link, a button, or acts like one.
        said: What it is called for people who do not see it.
        role: Its ARIA role.
        marks: Its id and classes.
        control: checkbox, radio, switch, select, textarea, or an input's type; empty for everything else.
        label: The text of its labels.
        label_seen: A label of it can be seen.
        dialog: It is a dialog by element, role or `aria-modal`.
        layered: `fixed` or `sticky` where it or an ancestor is positioned so.
        blocks: The share of the window's points that it lies on top of; only measured for overlays.
    """

    index: int
    parent: int
    tag: str
    selector: str
    rect: tuple[float, float, float, float]
    visible: bool
    text: str | None = None
    own: str = ""
    leaf: bool = False
    inline: bool = False
    colour: Colour = (0, 0, 0, 1)
    background: tuple[float, float, float] = (255, 255, 255)
    plain: bool = False
    opacity: float = 1
    font: float = 0
    bold: bool = False
    clickable: bool = False
    said: str = ""
    role: str = ""
    marks: str = ""
    control: str = ""
    name: str = ""
    label: str = ""
    label_seen: bool = False
    disabled: bool = False
    checked: bool = False
    options: tuple[Option, ...] = ()
    dialog: bool = False
    layered: str = ""
    blocks: float = 0

    @classmethod
    def from_json(cls, index: int, value: Mapping[str, Any]) -> Element:
        """Return the element that the collector described."""
        known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        for name in ("rect", "colour", "background"):
            if name in known:
                known[name] = tuple(known[name])
        known["options"] = tuple(Option(**option) for option in value.get("options", ()))
        return cls(**known, index=index)

    @property
    def words(self) -> str:
        """What it says, to the eye or else to the ear."""
        return self.text or self.said

    @property
    def area(self) -> float:
        """Its area in square CSS pixels."""
        return self.rect[2] * self.rect[3]


@dataclass(frozen=True)
class Snapshot:
    """A page at one moment.

    Attributes:
        elements: In document order; a parent comes before its children.
        truncated: The page is larger than the collector looks at; what is missing was not examined.
        closed_frames: How many frames belong to other sites and could not be looked into.
        age: Seconds of the world's time since the page was navigated to.
    """

    elements: tuple[Element, ...]
    truncated: bool = False
    closed_frames: int = 0
    age: float = 0
    language: str = ""
    width: float = 0
    height: float = 0
    viewport: tuple[float, float] = (0, 0)
    _at: dict[str, Element] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Snapshot:
        """Return the snapshot that the collector described."""
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
            _at={element.selector: element for element in elements},
        )

    def at(self, selector: str) -> Element | None:
        """Return the element with this selector."""
        return self._at.get(selector)

    def ancestors(self, element: Element) -> Iterator[Element]:
        """Yield the elements that *element* is in, nearest first."""
        while element.parent >= 0:
            element = self.elements[element.parent]
            yield element

    def within(self, container: Element) -> Sequence[Element]:
        """Return the elements in *container*, in document order."""
        last = self._ends[container.index]
        return self.elements[container.index + 1 : last]

    @cached_property
    def _ends(self) -> list[int]:
        """For each element the index after its last descendant."""
        ends = list(range(1, len(self.elements) + 1))
        for element in reversed(self.elements):
            if element.parent >= 0:
                ends[element.parent] = max(ends[element.parent], ends[element.index])
        return ends

    @property
    def texts(self) -> Iterator[Element]:
        """Yield the visible elements whose text is one run, outermost of each run, in document order."""
        for element in self.elements:
            if element.visible and element.leaf and element.text:
                parent = self.elements[element.parent] if element.parent >= 0 else None
                if not (element.inline and parent and parent.leaf):
                    yield element
