"""The comparison of two runs' screenshots: they are paired, and their pixels compared.

For rules, a screenshot has a field `pixels`, which is not in its event: `--ignore pixels`,
`scout/screenshot pixels=±1%` (of the picture) or `=±500` (pixels). Without a tolerance the field does not count: on
nearly every live page some pixels differ each time, because of a countdown or a banner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from veritas.diff.alignment import align
from veritas.diff.difference import ALTERED, CONTENT, Difference, EventRef
from veritas.diff.fields import FieldMatcher
from veritas.diff.pixel_diff import PixelDifference, compare_images, laid_on
from veritas.diff.rules import Rules
from veritas.errors import UnreadableImage
from veritas.events.json import as_text
from veritas.events.recorded import RecordedEvent

PIXELS = "pixels"
NOT_COUNTED = "pixels of screenshots"  # the rule that hides them unless a tolerance is given

_REMOVED = "it was removed from the log"
_BASE_REMOVED = "the picture that it is laid on was removed from the log"


@dataclass(frozen=True)
class Screenshot:
    """A screenshot of a run.

    Attributes:
        ref: The event that reports it.
        sha256: The hash of its bytes, in hex; "" if they were removed from the log.
        kind: What it shows, such as `full_page`; "" if the event does not say.
        url: The page.
        height: The pixels of it from the top of its picture; None for the whole picture.
        base: The hash of the picture that its own is laid on, in hex; None if its own is a whole picture, and "" if the
            other was removed from the log.
    """

    ref: EventRef
    sha256: str
    kind: str
    url: str
    height: int | None = None
    base: str | None = None

    @classmethod
    def of(cls, recorded: RecordedEvent) -> Screenshot | None:
        """Return the screenshot that an event reports, or None."""
        event = recorded.event
        removed = recorded.body is None
        if event.type != "screenshot" or (recorded.artifact is None and not removed):
            return None
        kind, url = (as_text(event.extra.get(name)) or "" for name in ("kind", "url"))
        ref = EventRef(
            recorded.position, recorded.source, recorded.seq, event.type, event.phase, event.step, f"{kind} {url}"
        )
        height = event.extra.get("height")
        height = height if type(height) is int and height > 0 else None
        base = as_text(event.extra.get("base"))
        return cls(ref, "" if removed else recorded.artifact or "", kind, url, height, base)

    def read(self, artifact: Callable[[str], bytes]) -> bytes:
        """Return the picture, laid on its base if that is there.

        Args:
            artifact: Returns a picture's bytes by their hash in hex.

        Raises:
            UnreadableImage: One of the two pictures cannot be read, or their sizes differ.
            store.errors.StoreError: The log cannot be read, or no longer has the bytes.
        """
        data = artifact(self.sha256)
        return laid_on(artifact(self.base), data) if self.base else data

    def __str__(self) -> str:
        """Return `full page of https://shop.test/`."""
        return " of ".join(filter(None, (self.kind.replace("_", " "), self.url))) or "screenshot"


@dataclass(frozen=True)
class ScreenshotPair:
    """The corresponding screenshots of two runs.

    Attributes:
        a: The first run's; None if only the second has it.
        b: The second run's.
        pixels: How the pixels differ; None if the bytes are equal, one is missing, or one cannot be read.
        fault: Why they could not be compared; None if they could.
        counts: Whether the pixels differ by more than a tolerance allows.
    """

    a: Screenshot | None
    b: Screenshot | None
    pixels: PixelDifference | None = None
    fault: str | None = None
    counts: bool = False

    @property
    def screenshot(self) -> Screenshot:
        """The first run's screenshot, or else the second's."""
        either = self.a or self.b
        assert either is not None  # a pair has at least one
        return either

    @property
    def identical(self) -> bool:
        """Whether both are there and have the same bytes."""
        return bool(self.a and self.b and self.a.sha256 and _bytes_are_equal(self.a, self.b))

    def __str__(self) -> str:
        """Return a description of the result, such as `the same, byte for byte`."""
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
    """Pair the screenshots of two runs and compare each pair; screenshots that the rules exclude are left out.

    Args:
        a: The first run's, in order.
        b: The second's.
        rules: The rules of the comparison.
        artifact: Returns a picture's bytes by their hash in hex.

    Raises:
        store.errors.StoreError: The log cannot be read, or no longer has the bytes.
    """
    a, b = (_included(_with_bases(shots), rules) for shots in (a, b))
    alignment = align(_keys(a, rules), _keys(b, rules))
    matched = (*alignment.equal, *alignment.moved, *alignment.similar)
    partners = {i: j for i, j in matched if a[i].kind == b[j].kind or not (a[i].sha256 and b[j].sha256)}
    for i, screenshot in enumerate(a):
        if i in partners:
            yield _compare_pair(screenshot, b[partners[i]], rules, artifact)
        else:
            yield ScreenshotPair(screenshot, None)
    paired = set(partners.values())
    yield from (ScreenshotPair(None, screenshot) for j, screenshot in enumerate(b) if j not in paired)


def pixel_differences(pairs: Iterable[ScreenshotPair]) -> Iterator[Difference]:
    """Yield a difference of the field `pixels`, with both hashes as its values, for each pair that counts."""
    for pair in pairs:
        if pair.counts and pair.a and pair.b:
            yield Difference(ALTERED, CONTENT, pair.a.ref, pair.b.ref, (PIXELS,), pair.a.sha256, pair.b.sha256)


def hiding_rule(pair: ScreenshotPair, rules: Rules) -> str | None:
    """Return the rule that hides a pair's pixels though they differ; None if they are equal or count."""
    if pair.counts or pair.pixels is None or not pair.pixels.differing:
        return None
    tolerance = rules.tolerance(pair.screenshot.ref.name, (PIXELS,))
    return NOT_COUNTED if tolerance is None else str(tolerance)


def _with_bases(screenshots: Sequence[Screenshot]) -> list[Screenshot]:
    """Return a run's screenshots; the base of one is "" if no screenshot of the run has that picture any more."""
    known = {shot.sha256 for shot in screenshots}
    return [shot if shot.base is None or shot.base in known else replace(shot, base="") for shot in screenshots]


def _bytes_are_equal(a: Screenshot, b: Screenshot) -> bool:
    return (a.sha256, a.base) == (b.sha256, b.base)


def _included(screenshots: Sequence[Screenshot], rules: Rules) -> list[Screenshot]:
    return [shot for shot in screenshots if _is_included(shot.ref.name, rules)]


def _is_included(event: str, rules: Rules) -> bool:
    return rules.hides(event, (PIXELS,)) is None and not rules.outside_only(event, (PIXELS,))


def _keys(screenshots: Sequence[Screenshot], rules: Rules) -> tuple[list[bytes], ...]:
    """Return the keys that screenshots are aligned by: event, kind and page; kind and page; kind; event.

    For a screenshot that was removed, only the event is known.
    """
    levels: tuple[list[bytes], ...] = ([], [], [], [])
    for shot in screenshots:
        name, url = shot.ref.name, FieldMatcher(shot.ref.name, rules).comparable_text(shot.url)[0]
        for level, key in zip(levels, ((name, shot.kind, url), (shot.kind, url), (shot.kind,), (name,)), strict=True):
            level.append(repr(key).encode("utf-8", "backslashreplace"))
    return levels


def _compare_pair(a: Screenshot, b: Screenshot, rules: Rules, artifact: Callable[[str], bytes]) -> ScreenshotPair:
    if not a.sha256 or not b.sha256:
        return ScreenshotPair(a, b, fault=_REMOVED)
    if _bytes_are_equal(a, b):
        return ScreenshotPair(a, b)
    if "" in (a.base, b.base):
        return ScreenshotPair(a, b, fault=_BASE_REMOVED)
    try:
        pixels = compare_images(a.read(artifact), b.read(artifact), heights=(a.height, b.height))
    except UnreadableImage as error:
        return ScreenshotPair(a, b, fault=str(error))
    return ScreenshotPair(a, b, pixels, counts=_counts(pixels, a.ref.name, rules))


def _counts(pixels: PixelDifference, event: str, rules: Rules) -> bool:
    tolerance = rules.tolerance(event, (PIXELS,))
    if tolerance is None:
        return not rules.defaults and pixels.differing > 0
    return (pixels.percent if tolerance.relative else pixels.differing) > tolerance.amount
