"""The screenshots of two runs: which is which, and how far their pixels differ.

A screenshot has a field that stands in no event, `pixels`. Rules treat it like any other: `--ignore pixels`,
`scout/screenshot pixels=±1%` (of the picture) or `=±500` (so many pixels). Without such a tolerance it does not count:
of nearly every live page some pixels differ each time, for a countdown or a banner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from veritas.diff.alignment import align
from veritas.diff.difference import ALTERED, CONTENT, Difference, EventRef
from veritas.diff.fields import Place
from veritas.diff.pixel_diff import PixelDifference, compare_images
from veritas.diff.rules import Rules
from veritas.errors import UnreadableImage
from veritas.events.json import as_text
from veritas.events.recorded import RecordedEvent

PIXELS = "pixels"
NOT_COUNTED = "pixels of screenshots"  # the rule by which they do not count unless somebody asks for it

_REMOVED = "it was removed from the log"


@dataclass(frozen=True)
class Screenshot:
    """A screenshot of a run.

    Attributes:
        ref: The event that tells of it.
        sha256: What its bytes are called, in hex; "" where they were removed from the log.
        kind: Of what, such as `full_page`; "" where that is not told.
        url: Of which page.
    """

    ref: EventRef
    sha256: str
    kind: str
    url: str

    @classmethod
    def of(cls, recorded: RecordedEvent) -> Screenshot | None:
        """Return the screenshot that an event tells of; None where it tells of none."""
        event = recorded.event
        removed = recorded.body is None
        if event.type != "screenshot" or (recorded.artifact is None and not removed):
            return None
        kind, url = (as_text(event.extra.get(name)) or "" for name in ("kind", "url"))
        ref = EventRef(
            recorded.position, recorded.source, recorded.seq, event.type, event.phase, event.step, f"{kind} {url}"
        )
        return cls(ref, "" if removed else recorded.artifact or "", kind, url)

    def __str__(self) -> str:
        """Write `full page of https://shop.test/`."""
        return " of ".join(filter(None, (self.kind.replace("_", " "), self.url))) or "screenshot"


@dataclass(frozen=True)
class ScreenshotPair:
    """The same screenshot in two runs.

    Attributes:
        a: In the first; None where only the second has it.
        b: In the second.
        pixels: How far they differ; None where their bytes are the same, one is missing, or one cannot be read.
        fault: Why they could not be compared; None where they could.
        counts: Whether the pixels differ by more than a tolerance allows.
    """

    a: Screenshot | None
    b: Screenshot | None
    pixels: PixelDifference | None = None
    fault: str | None = None
    counts: bool = False

    @property
    def shown(self) -> Screenshot:
        """The one that there is, the first one's if both are."""
        found = self.a or self.b
        assert found is not None  # a pair of nothing is never made
        return found

    @property
    def identical(self) -> bool:
        """Whether both are there, byte for byte the same."""
        return bool(self.a and self.b and self.a.sha256 and self.a.sha256 == self.b.sha256)

    def __str__(self) -> str:
        """Say how far they are the same."""
        if self.a is None or self.b is None:
            return f"only in {'A' if self.b is None else 'B'}"
        if self.fault is not None:
            return f"not compared: {self.fault}"
        return str(self.pixels) if self.pixels else "the same, byte for byte"

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "a": self.a and asdict(self.a),
            "b": self.b and asdict(self.b),
            "identical": self.identical,
            "pixels": self.pixels and self.pixels.as_dict(),
            "fault": self.fault,
            "counts": self.counts,
        }


def pair_screenshots(
    a: Sequence[Screenshot], b: Sequence[Screenshot], rules: Rules, *, artifact: Callable[[str], bytes]
) -> Iterator[ScreenshotPair]:
    """Yield the screenshots of two runs as pairs, compared; those that the rules leave out are left out.

    Args:
        a: The first run's, in order.
        b: The second's.
        rules: What counts.
        artifact: Gives a picture's bytes by their hash in hex.

    Raises:
        store.errors.StoreError: The log cannot be read, or does not have the bytes any more.
    """
    a, b = _looked_at(a, rules), _looked_at(b, rules)
    found = align(_keys(a, rules), _keys(b, rules))
    matched = (*found.equal, *found.moved, *found.similar)
    after = {i: j for i, j in matched if a[i].kind == b[j].kind or not (a[i].sha256 and b[j].sha256)}
    for i, screenshot in enumerate(a):
        if i in after:
            yield _compared(screenshot, b[after[i]], rules, artifact)
        else:
            yield ScreenshotPair(screenshot, None)
    taken = set(after.values())
    yield from (ScreenshotPair(None, screenshot) for j, screenshot in enumerate(b) if j not in taken)


def differences_of(pairs: Iterable[ScreenshotPair]) -> Iterator[Difference]:
    """Yield the pictures whose pixels count as different: their field `pixels`, with their hashes."""
    for pair in pairs:
        if pair.counts and pair.a and pair.b:
            yield Difference(ALTERED, CONTENT, pair.a.ref, pair.b.ref, (PIXELS,), pair.a.sha256, pair.b.sha256)


def hidden_by(pair: ScreenshotPair, rules: Rules) -> str | None:
    """Return the rule by which the pixels of a pair do not count, though they differ; None where none had to."""
    if pair.counts or pair.pixels is None or not pair.pixels.differing:
        return None
    tolerance = rules.tolerance(pair.shown.ref.name, (PIXELS,))
    return NOT_COUNTED if tolerance is None else str(tolerance)


def _looked_at(screenshots: Sequence[Screenshot], rules: Rules) -> list[Screenshot]:
    return [shot for shot in screenshots if _is_looked_at(shot.ref.name, rules)]


def _is_looked_at(event: str, rules: Rules) -> bool:
    return rules.hides(event, (PIXELS,)) is None and not rules.only_within(event, (PIXELS,))


def _keys(screenshots: Sequence[Screenshot], rules: Rules) -> tuple[list[bytes], ...]:
    """Return what screenshots are aligned by: where and of what, of what, and of what kind.

    Of one that was removed only where it was taken is known.
    """
    levels: tuple[list[bytes], ...] = ([], [], [], [])
    for shot in screenshots:
        name, url = shot.ref.name, Place(shot.ref.name, rules).comparable(shot.url)[0]
        for level, said in zip(levels, ((name, shot.kind, url), (shot.kind, url), (shot.kind,), (name,)), strict=True):
            level.append(repr(said).encode("utf-8", "backslashreplace"))
    return levels


def _compared(a: Screenshot, b: Screenshot, rules: Rules, artifact: Callable[[str], bytes]) -> ScreenshotPair:
    if not a.sha256 or not b.sha256:
        return ScreenshotPair(a, b, fault=_REMOVED)
    if a.sha256 == b.sha256:
        return ScreenshotPair(a, b)
    try:
        pixels = compare_images(artifact(a.sha256), artifact(b.sha256))
    except UnreadableImage as error:
        return ScreenshotPair(a, b, fault=str(error))
    return ScreenshotPair(a, b, pixels, counts=_counts(pixels, a.ref.name, rules))


def _counts(pixels: PixelDifference, event: str, rules: Rules) -> bool:
    tolerance = rules.tolerance(event, (PIXELS,))
    if tolerance is None:
        return not rules.defaults and pixels.differing > 0
    return (pixels.percent if tolerance.relative else pixels.differing) > tolerance.amount
