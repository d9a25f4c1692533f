"""The plot shows every recording once, with a gap for a recording without a score."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from tests.diff.site.test_history import recording
from tests.diff.sites import site_run
from veritas.diff.site.html import score_plot
from veritas.report.rendering import render

_scores = st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=8)


def classes(scores: list[float | None], *, same_time: bool = False) -> list[tuple[str, dict[str, str]]]:
    """Return the classes and attributes of the marks drawn for recordings with these scores."""
    recordings = [recording(site_run(0 if same_time else number, score=score)) for number, score in enumerate(scores)]
    drawn = ElementTree.fromstringlist(render("veritas.diff.site", "score_plot.html", plot=score_plot(recordings)))
    return [(element.get("class", ""), dict(element.attrib)) for element in drawn.iter()]


@given(_scores, st.booleans())
def test_each_recording_is_a_mark_or_a_gap_within_the_plot(scores: list[float | None], same_time: bool) -> None:
    drawn = classes(scores, same_time=same_time)
    marks = [attributes for name, attributes in drawn if name.startswith("mark")]
    assert len(marks) == sum(score is not None for score in scores)
    assert len([name for name, _ in drawn if name == "gap"]) == sum(score is None for score in scores)
    _, width, height = (float(number) for number in re.findall(r"\d+", drawn[0][1]["viewBox"])[1:])
    assert all(0 < float(mark["cx"]) < width and 0 < float(mark["cy"]) < height for mark in marks)


def test_the_line_is_broken_at_a_gap() -> None:
    lines = [name for name, _ in classes([10, 20, None, 30, 40]) if name == "way"]
    assert len(lines) == 2


def test_a_better_score_is_higher_up() -> None:
    low, high = (float(attributes["cy"]) for name, attributes in classes([10, 90]) if name.startswith("mark"))
    assert low > high
