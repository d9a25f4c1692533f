"""Vision: the dark patterns that a page shows, from its elements, their computed style, and what time does to them.

Every page that the scout visited is visited anew by a visitor of whom the site knows nothing, in a profile of its
own, with a clock that is driven. A pattern that stands on several pages, such as a banner, is reported once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from veritas.audit.browser import Browser
from veritas.audit.finding import Evidence, Finding, Rect
from veritas.audit.patterns import (
    confirmshaming,
    cookie_banner,
    countdown,
    forced_enrollment,
    hard_to_cancel,
    preselection,
    pressure_claims,
    sneak_into_basket,
    trick_questions,
)
from veritas.audit.patterns.detection import Sighting, distinct
from veritas.audit.patterns.experiment import conduct
from veritas.audit.patterns.page_state import Trial
from veritas.audit.phase import PhaseContext
from veritas.audit.summaries import ExaminedPage, ExaminingFields, Unexamined, VisionSummary
from veritas.errors import PageError
from veritas.events.progress import PHASES

# Seconds; far more than any page needs.
_PAGE_LIMIT = 90.0
_TEXT_LENGTH = 300
_AT_ONCE = 2  # pages: a trial waits for its page half of the time


async def run(context: PhaseContext) -> VisionSummary:
    """Look at every page for dark patterns, report each one found, and return the phase's summary.

    Raises:
        PageError: No page could be examined.
    """
    phase = PHASES["vision"]
    urls = _pages(context)
    share = (phase.done_pct - phase.start_pct) / len(urls)
    pages: list[ExaminedPage] = []
    unknown: list[Unexamined] = []
    found: list[Sighting] = []
    async with _trials(context.browser, urls) as trials:
        for number, url in enumerate(urls):
            pct = phase.start_pct + share * number
            context.emit(
                "examining", round(pct, 1), f"Looking at {url}", fields=ExaminingFields(url, number + 1, len(urls))
            )
            try:
                trial = await trials[number]
            except PageError as error:
                unknown.append(Unexamined(url, "the page", str(error)))
                continue
            known = {_identity(sighting) for sighting in found}
            new = [sighting for sighting in distinct(sightings(trial)) if _identity(sighting) not in known]
            _report(context, url, trial, new, round(pct + share, 1))
            found.extend(new)
            pages.append(_examined(url, trial, len(new)))
            unknown.extend(_unknown(url, trial))
    if not pages:
        raise PageError(f"No page could be examined. {unknown[0].why}")
    return VisionSummary(
        pages=pages,
        findings=dict(Counter(sighting.kind for sighting in found)),
        signals=dict(Counter(sighting.signal for sighting in found)),
        elements=sum(page.elements for page in pages),
        texts=sum(page.texts for page in pages),
        unknown=unknown,
    )


def sightings(trial: Trial) -> Iterator[Sighting]:
    """Yield what every detector sees in a page that was put on trial."""
    yield from countdown.judge(trial)
    yield from pressure_claims.judge(trial)
    yield from forced_enrollment.judge(trial)
    for detector in (preselection, confirmshaming, cookie_banner, trick_questions, hard_to_cancel, sneak_into_basket):
        yield from detector.judge(trial.opened.snapshot)


def _identity(sighting: Sighting) -> tuple[str, str, str]:
    """Return what a sighting has in common with the same one on another page."""
    return sighting.kind, sighting.element.selector, sighting.element.words


def _pages(context: PhaseContext) -> list[str]:
    scout = context.summaries.scout
    urls = [page.url for page in scout.pages] if scout else []
    return list(dict.fromkeys(urls))[: context.tier.pages] or [context.url]


@asynccontextmanager
async def _trials(browser: Browser, urls: Sequence[str]) -> AsyncIterator[list[asyncio.Task[Trial]]]:
    """Put the pages on trial, a few at once and begun in their order; each task gives one page's trial."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def in_turn(url: str) -> Trial:
        async with places, browser.fresh_profile() as fresh:  # a profile's tabs share one clock
            return await _put_on_trial(fresh, url)

    tasks = [asyncio.create_task(in_turn(url)) for url in urls]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _put_on_trial(browser: Browser, url: str) -> Trial:
    try:
        async with asyncio.timeout(_PAGE_LIMIT), await browser.visit(url, clock=True) as tab:
            return await conduct(tab)
    except TimeoutError as error:
        raise PageError(f"{url!r} takes more than {_PAGE_LIMIT:g} s to be examined.") from error


def _examined(url: str, trial: Trial, findings: int) -> ExaminedPage:
    snapshot = trial.opened.snapshot
    return ExaminedPage(url, len(snapshot.elements), sum(1 for _ in snapshot.texts), findings)


def _report(context: PhaseContext, url: str, trial: Trial, new: list[Sighting], pct: float) -> None:
    shots: dict[str, str] = {}
    for sighting in new:
        png = trial.screenshots.get(sighting.moment)
        if png and sighting.moment not in shots:
            shots[sighting.moment] = context.screenshot(png, pct, url=url, kind="full_page")
        element = sighting.element
        x, y, width, height = element.rect
        evidence = Evidence(
            selector=element.selector,
            text=element.words[:_TEXT_LENGTH] or element.label[:_TEXT_LENGTH],
            rect=Rect(x=x, y=y, width=width, height=height),
            measured=sighting.measured,
        )
        if sighting.moment in shots:
            evidence["screenshot"] = shots[sighting.moment]
        context.report(
            Finding(
                phase=context.phase,
                kind=sighting.kind,
                title=sighting.title,
                detail=sighting.detail,
                severity=sighting.severity,
                confidence=round(sighting.confidence, 2),
                signal=sighting.signal,
                url=url,
                evidence=evidence,
                taxonomy=sighting.type.names(),
            ),
            pct,
        )


def _unknown(url: str, trial: Trial) -> Iterator[Unexamined]:
    for why in trial.unknown:
        yield Unexamined(url, "a part of the trial", why)
    snapshot = trial.opened.snapshot
    if snapshot.truncated:
        yield Unexamined(url, "the rest of the page", "It has more elements than are looked at.")
    if snapshot.closed_frames:
        yield Unexamined(url, "frames", f"{snapshot.closed_frames} of them belong to other sites.")
    if snapshot.language and not snapshot.language.lower().startswith("en"):
        yield Unexamined(url, "texts", f"The page is in {snapshot.language[:20]!r}; only English is understood.")
