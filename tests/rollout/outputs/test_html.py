"""The page of a rollout runs no scripts, loads nothing, and shows the metrics."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.async_api import Page

from tests.pages import backgrounds, open_file, without_policy
from tests.rollout.outputs.test_outputs import QUEUE, metrics
from tests.rollout.test_gate import gate_input, mode
from veritas.events.recorder_events import RolloutChanged
from veritas.rollout.gate import Verdict, judge
from veritas.rollout.history import Change, Rollout
from veritas.rollout.metrics import Metrics, ModeMetrics, Tally
from veritas.rollout.outputs.html import rollout_page
from veritas.rollout.thresholds import Thresholds

HOSTILE = "<script>window.ran = 1</script>"


STAGES = [{"name": "half", "share": 0.5}, {"name": "100%", "share": 1.0}]


def rollout_at(*actions: tuple[str, str, float], reason: str = "measured") -> Rollout:
    """Return a rollout with these changes, each an action, a stage and its share."""
    changes = [RolloutChanged("queue-ipc", *action, STAGES, "jane@desk", reason) for action in actions]
    return Rollout("queue-ipc", tuple(Change(at, 100.0 * at, event) for at, event in enumerate(changes, 1)))


AT_HALF = rollout_at(("start", "half", 0.5))


def page_of(measured: Metrics, rollout: Rollout = AT_HALF, verdict: Verdict | None = None) -> str:
    return rollout_page(measured, rollout, verdict).decode("utf-8")


def judged(*modes: ModeMetrics, held: Change | None = None) -> Verdict:
    return judge(replace(gate_input(*modes), held=held), Thresholds())


async def shown(
    page: Page, file: Path, measured: Metrics, rollout: Rollout = AT_HALF, verdict: Verdict | None = None
) -> str:
    file.write_text(without_policy(page_of(measured, rollout, verdict)), encoding="utf-8")
    assert await open_file(page, file) == [file.as_uri()]
    text: str = await page.inner_text("body")
    return text


async def test_it_shows_the_metrics(page: Page, tmp_path: Path) -> None:
    measured = metrics(mode=replace(QUEUE, latency={95: np.array([0.002, 0.004])}))
    text = await shown(page, tmp_path / "page.html", measured)
    for row in (
        "half\tqueue\t12\t10\t90.0%\t59.6%-98.2%\t1",
        "half\tqueue\t3 (2 unknown)\t-\t-\t-",
        "half\tqueue\tlatency\t-\t3.0 ms\t-",
        "half\tqueue\tbroke\t1",
    ):
        assert row in text
    assert await page.locator("svg.plot").count() == 5
    titles = await page.eval_on_selector_all("svg title", "every => every.map(title => title.textContent)")
    assert "9 of 10 completed, 59.6% to 98.2%" in titles
    assert "1970-01-01 00:00Z: 12 of 12 (100.0%), wanted 50.0%" in titles
    assert "1970-01-01 00:00Z: 1 of 12 (8.3%)" in titles  # that fell back
    assert "100.0% of 12 audits got the queue, 95% interval 75.8% to 100.0%" in text


async def test_it_shows_the_stage_and_the_decision_of_the_gate(page: Page, tmp_path: Path) -> None:
    """With the ruling of every rule, its numbers, the thresholds, and the next stage."""
    verdict = judged(mode("queue", 970, 30), mode("stdout", 970, 30, latency=[0.004] * 1000))
    text = await shown(page, tmp_path / "page.html", metrics(), verdict=verdict)
    card = await page.locator(".verdict").inner_text()
    assert card.startswith("half\nadvance") and "50% of the audits get the queue" in card
    assert "next\n100%" in card and "All rules pass at half; the next stage is all." in card
    rules = page.locator("tr", has=page.locator(".numbers"))
    assert await rules.count() == sum(bool(ruling.numbers) for ruling in verdict.rulings) > 5
    success = await page.locator("tr", has_text="97.0% completed over the queue").inner_text()
    assert "pass" in success and "observed: queue 0.97 stdout 0.97 low" in success.replace("\n", " ")
    assert "threshold: margin 0.03" in success.replace("\n", " ")
    assert await page.locator("details tr", has_text="rollback_alpha").count() == 1
    assert await page.locator("[aria-current]").inner_text() == "half 50%"
    assert "start\thalf\tjane@desk\tmeasured" in text


async def test_a_hold_is_shown_with_its_reason(page: Page, tmp_path: Path) -> None:
    held = rollout_at(("start", "half", 0.5), ("hold", "half", 0.5), reason="until the release is out")
    verdict = judged(mode("queue", 970, 30), mode("stdout", 970, 30), held=held.held)
    text = await shown(page, tmp_path / "page.html", metrics(), held, verdict)
    assert "by jane@desk at 1970-01-01 00:03:20Z: until the release is out" in text
    assert await page.locator(".verdict .chip").inner_text() == "hold"
    assert "veritas rollout hold --release" in await page.locator("code").all_inner_texts()


async def test_a_rollback_is_shown_with_the_way_back(page: Page, tmp_path: Path) -> None:
    """There is nothing for the gate to judge."""
    rolled_back = rollout_at(("start", "half", 0.5), ("rollback", "stdout", 0.0), reason="an event was lost")
    text = await shown(page, tmp_path / "page.html", metrics(), rolled_back)
    card = await page.locator(".verdict").inner_text()
    assert card.startswith("stdout\nrolled back") and "an event was lost" in card
    assert "half, when veritas rollout start starts it again" in card
    assert "nothing to judge" in text and await page.locator("[aria-current]").count() == 0


async def test_names_are_shown_as_text(page: Page, tmp_path: Path) -> None:
    """The user names the stages of a rollout."""
    measured = replace(metrics(HOSTILE), rollout=HOSTILE)
    held = rollout_at(("hold", HOSTILE, 0.5), reason=HOSTILE)
    verdict = judged(mode("queue", 1), mode("stdout", 1), held=held.last)
    assert (await shown(page, tmp_path / "page.html", measured, held, verdict)).count(HOSTILE) >= 7


async def test_it_fits_wide_and_narrow_screens(page: Page, tmp_path: Path) -> None:
    """No table and no plot scrolls sideways either, and there is a dark mode."""
    file = tmp_path / "page.html"
    verdict = judged(mode("queue", 970, 30), mode("stdout", 970, 30))
    file.write_text(page_of(metrics("canary" * 50), verdict=verdict), encoding="utf-8")
    assert len(await backgrounds(page, file, (1280, 390, 320))) == 2


async def test_what_is_unknown_is_called_so(page: Page, tmp_path: Path) -> None:
    """A rule without numbers, and the sum of losses that are known for no audit, are not shown as 0."""
    verdict = judged(replace(mode("queue", 9), lost=Tally()))
    await shown(page, tmp_path / "page.html", metrics(), verdict=verdict)
    loss = await page.locator("tr", has_text="The losses are not known").inner_text()
    assert "observed: total unknown runs 0 known 0" in loss.replace("\n", " ")
    success = await page.locator("tr", has_text="No audit of one of the modes has ended yet.").inner_text()
    assert "observed: unknown" in success.replace("\n", " ") and "wait" in success


async def test_without_data_it_says_so(page: Page, tmp_path: Path) -> None:
    empty = replace(metrics(mode=ModeMetrics("queue")), others=(), periods=())
    text = await shown(page, tmp_path / "page.html", empty)
    assert text.count("Nothing is known of this yet.") == 5
    assert "unknown: no audit was decided at this stage yet" in text
    assert await page.locator("svg").count() == 0
