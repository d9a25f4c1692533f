"""Screenshots are paired by what they show, and their pixels count only on request."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from tests.diff.pictures import picture
from tests.projections.recordings import Recording
from veritas.diff import Rules
from veritas.diff.screenshots import (
    NOT_COUNTED,
    Screenshot,
    ScreenshotPair,
    hiding_rule,
    pair_screenshots,
    pixel_differences,
)
from veritas.events.recorded import Redaction

WHITE, DOT = picture((100, 100)), picture((100, 100), (10, 10, 10, 10))  # one percent of the pixels
Shown = tuple[str, str, bytes]


def paired(a: Sequence[Shown], b: Sequence[Shown], rules: Rules | None = None) -> list[ScreenshotPair]:
    """Return the pairs of two runs' screenshots, each given as kind, page and picture."""
    bytes_of = {hashlib.sha256(data).hexdigest(): data for _, _, data in (*a, *b)}
    return list(pair_screenshots(shots(a), shots(b), rules or Rules.of(), artifact=bytes_of.__getitem__))


def shots(given: Sequence[Shown]) -> list[Screenshot]:
    run = Recording()
    for seq, (kind, url, data) in enumerate(given, 1):
        extra = {"kind": kind, "url": url}
        run.child("scout", "screenshot", seq=seq, type="screenshot", data=data, extra=extra)
    return [found for found in map(Screenshot.of, run.events) if found is not None]


def described(pairs: Sequence[ScreenshotPair]) -> list[tuple[str, str]]:
    return [(str(pair.screenshot), str(pair)) for pair in pairs]


def test_they_are_paired_by_kind_and_page() -> None:
    """Whatever other screenshots there are, and on whichever port of this machine the page was."""
    a = [("viewport", "http://127.0.0.1:1/", WHITE), ("full_page", "http://127.0.0.1:1/", WHITE)]
    b = [("full_page", "http://127.0.0.1:2/x", WHITE), ("full_page", "http://127.0.0.1:2/", DOT)]
    assert described(paired(a, b)) == [
        ("viewport of http://127.0.0.1:1/", "only in A"),
        ("full page of http://127.0.0.1:1/", "1.0% of the pixels differ, at 10,10 10x10"),
        ("full page of http://127.0.0.1:2/x", "only in B"),
    ]


def test_equal_bytes_are_not_decoded() -> None:
    broken = ("viewport", "u", b"no picture at all")
    assert described(paired([broken], [broken])) == [("viewport of u", "the same, byte for byte")]


def test_an_unreadable_picture_is_reported_as_such() -> None:
    found = described(paired([("viewport", "u", b"no picture at all")], [("viewport", "u", WHITE)]))
    assert found == [("viewport of u", "not compared: it is not a picture, or a broken one")]


def test_a_screenshot_that_was_removed_from_the_log_is_not_compared() -> None:
    run = Recording()
    run.child("scout", "screenshot", seq=1, type="screenshot", data=WHITE, extra={"kind": "viewport", "url": "u"})
    gone = msgspec.structs.replace(run.events[0], body=None, redacted=Redaction("jane", "asked for", 0.0))
    removed = Screenshot.of(gone)
    assert removed is not None
    (pair,) = pair_screenshots([removed], shots([("viewport", "u", WHITE)]), Rules.of(), artifact=lambda _: WHITE)
    assert str(pair) == "not compared: it was removed from the log"


@pytest.mark.parametrize(
    ("tolerances", "defaults", "counts", "hidden"),
    [
        ([], True, False, NOT_COUNTED),
        ([], False, True, None),
        (["pixels=±2%"], True, False, "pixels=±2%"),
        (["pixels=±0.5%"], True, True, None),
        (["pixels=±100"], True, False, "pixels=±100"),
        (["pixels=±99"], True, True, None),
        (["scout/screenshot pixels=±0.5%"], True, True, None),
        (["vision/screenshot pixels=±0.5%"], True, False, NOT_COUNTED),
    ],
)
def test_pixels_count_if_they_exceed_a_tolerance(
    tolerances: list[str], defaults: bool, counts: bool, hidden: str | None
) -> None:
    """In percent of the picture, as a number, or if everything counts. Otherwise they are reported as hidden."""
    rules = Rules.of(tolerances=tolerances, defaults=defaults)
    pairs = paired([("viewport", "u", WHITE)], [("viewport", "u", DOT)], rules)
    assert [(difference.event, difference.path) for difference in pixel_differences(pairs)] == (
        [("scout/screenshot", ("pixels",))] if counts else []
    )
    assert hiding_rule(pairs[0], rules) == hidden


def test_a_picture_of_changes_is_compared_as_it_looks_on_its_base() -> None:
    """The pixels are those of both pictures; without the base, nothing is known of them."""
    changes = picture((100, 100), (10, 10, 10, 10), mode="RGBA", transparent=True)
    bytes_of = {hashlib.sha256(data).hexdigest(): data for data in (WHITE, DOT, changes)}
    white, dot, changed = bytes_of
    (alone,) = shots([("full_page", "u", changes)])
    on_white, (base,) = replace(alone, base=white), shots([("viewport", "u", WHITE)])

    def result(a: Sequence[Screenshot], b: Sequence[Screenshot]) -> str:
        return str(list(pair_screenshots(a, b, Rules.of(), artifact=bytes_of.__getitem__))[-1])

    assert result([base, on_white], [base, *shots([("full_page", "u", DOT)])]) == "no pixel differs"
    assert result([base, on_white], [base, on_white]) == "the same, byte for byte"
    on_dot = replace(alone, base=dot)
    assert result([base, on_white], [*shots([("viewport", "u", DOT)]), on_dot]) == "no pixel differs"
    removed = "not compared: the picture that it is laid on was removed from the log"
    assert result([replace(base, sha256=""), on_white], [base, on_white]) == removed
    assert changed == on_white.sha256


@pytest.mark.parametrize(
    "rules",
    [
        Rules.of(ignore=["pixels"]),
        Rules.of(ignore=["scout/screenshot"]),
        Rules.of(only=["judge/done"]),
        Rules.of(only=["text"]),
    ],
)
def test_screenshots_that_the_rules_exclude_are_not_compared(rules: Rules) -> None:
    assert paired([("viewport", "u", WHITE)], [("viewport", "u", DOT)], rules) == []


def test_screenshots_with_hostile_names_are_paired() -> None:
    run = Recording()
    for seq, extra in enumerate(({"kind": 5, "url": ["\ud800"]}, {"kind": "\x1b[2J", "url": "\ud800"}), 1):
        run.child("scout", "screenshot", seq=seq, type="screenshot", data=WHITE, extra=extra)
    found = [shot for shot in map(Screenshot.of, run.events) if shot is not None]
    pairs = list(pair_screenshots(found, found, Rules.of(), artifact=lambda _: WHITE))
    assert [pair.identical for pair in pairs] == [True, True]
