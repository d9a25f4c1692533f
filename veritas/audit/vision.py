"""The vision phase: find dark patterns in a page's elements, their computed style, and their changes over time.

Every page that the scout visited is visited again as a new visitor, in its own profile and in virtual time. A pattern
that appears on several pages, such as a banner, is reported once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager

from veritas.audit.browser import Browser
from veritas.audit.finding import Evidence, Finding, Rect
from veritas.audit.limits import LimitReached
from veritas.audit.patterns import (
    confirmshaming,
    cookie_banner,
    countdown,
    forced_enrollment,
    hard_to_cancel,
    made_up_numbers,
    order_fees,
    preselection,
    pressure_claims,
    pressured_selling,
    small_print,
    sneak_into_basket,
    trick_questions,
)
from veritas.audit.patterns.detection import CannotTell, Detection, Result, distinct
from veritas.audit.patterns.experiment import run_experiment
from veritas.audit.patterns.language import UNKNOWN, unread_texts
from veritas.audit.patterns.page_state import Experiment
from veritas.audit.phase import PhaseContext
from veritas.audit.pictures import keep, keep_changes, shows_same
from veritas.audit.screenshots import FULL
from veritas.audit.summaries import ExaminedPage, ExaminingFields, VisionSummary
from veritas.audit.time_limits import Deadline
from veritas.audit.unexamined import FRAMES, PAGE, REST_OF_PAGE, TEXTS, Unexamined, unloaded
from veritas.errors import PageError
from veritas.events.progress import PHASES

_PAGE_LIMIT = 90.0  # seconds; far more than any page needs
_TEXT_LENGTH = 300
_CONCURRENCY = 2  # pages: an experiment waits for its page half of the time


async def run(context: PhaseContext) -> VisionSummary:
    """Examine every page for dark patterns, report each one, and return the phase's summary.

    Raises:
        PageError: No page could be examined.
    """
    phase = PHASES["vision"]
    urls = _pages(context)
    share = (phase.done_pct - phase.start_pct) / len(urls)
    pages: list[ExaminedPage] = []
    unknown: list[Unexamined] = []
    reported: list[Detection] = []
    async with _experiments(context, urls) as experiments:
        for number, url in enumerate(urls):
            pct = phase.start_pct + share * number
            context.emit(
                "examining", round(pct, 1), f"Looking at {url}", fields=ExaminingFields(url, number + 1, len(urls))
            )
            try:
                experiment = await _within(context.deadline, experiments[number], url)
            except PageError as error:
                unknown.append(Unexamined(url, PAGE, str(error), kind=error.kind))
                continue
            known = {_identity(detection) for detection in reported}
            results = list(detect(experiment))
            detections = distinct(result for result in results if isinstance(result, Detection))
            new = [detection for detection in detections if _identity(detection) not in known]
            await _report(context, url, experiment, new, round(pct + share, 1))
            reported.extend(new)
            pages.append(_examined_page(url, experiment, len(new)))
            unknown.extend(_unknown(url, experiment))
            unknown.extend(_undetermined(url, results))
    if not pages:
        raise PageError(f"No page could be examined. {unknown[0].why}", kind=unknown[0].kind)
    return VisionSummary(
        pages=pages,
        findings=dict(Counter(detection.kind for detection in reported)),
        signals=dict(Counter(detection.signal for detection in reported)),
        elements=sum(page.elements for page in pages),
        texts=sum(page.texts for page in pages),
        unknown=unknown,
    )


def detect(experiment: Experiment) -> Iterator[Result]:
    """Yield what every detector detects, and what it cannot tell."""
    yield from countdown.detect(experiment)
    yield from pressure_claims.detect(experiment)
    yield from made_up_numbers.detect(experiment)
    yield from forced_enrollment.detect(experiment)
    for detector in (
        preselection,
        confirmshaming,
        cookie_banner,
        trick_questions,
        hard_to_cancel,
        sneak_into_basket,
        order_fees,
        small_print,
        pressured_selling,
    ):
        yield from detector.detect(experiment.opened.snapshot)


def _identity(detection: Detection) -> tuple[str, str, str]:
    """Return the values that are equal if two pages show the same pattern."""
    return detection.kind, detection.element.selector, detection.element.words


def _pages(context: PhaseContext) -> list[str]:
    scout = context.summaries.scout
    urls = [page.url for page in scout.pages] if scout else []
    return list(dict.fromkeys(urls))[: context.tier.pages] or [context.url]


@asynccontextmanager
async def _experiments(context: PhaseContext, urls: Sequence[str]) -> AsyncIterator[list[asyncio.Task[Experiment]]]:
    """Run the pages' experiments, `_CONCURRENCY` at a time and in order; each task returns one page's experiment."""
    semaphore = asyncio.Semaphore(_CONCURRENCY)

    async def limited(url: str) -> Experiment:
        async with semaphore, context.browser.fresh_profile() as fresh:  # the tabs of one profile share a clock
            return await _examine(fresh, url, context)

    tasks = [asyncio.create_task(limited(url)) for url in urls]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _within(deadline: Deadline, experiment: asyncio.Task[Experiment], url: str) -> Experiment:
    """Return the result of *experiment*.

    Raises:
        PageError: It failed, or did not end before *deadline*.
    """
    await asyncio.wait({experiment}, timeout=deadline.left)
    if not experiment.done():
        raise deadline.miss(f"{url!r} was examined")
    return experiment.result()


async def _examine(browser: Browser, url: str, context: PhaseContext) -> Experiment:
    def on_limit(reached: LimitReached) -> None:
        context.report_limit(reached, PHASES["vision"].start_pct)

    visiting = browser.visit(url, timeout=context.visit_timeout, virtual_time=True, on_limit=on_limit)
    try:
        async with asyncio.timeout(_PAGE_LIMIT), await visiting as tab:
            return await run_experiment(tab, screenshots=context.screenshots)
    except TimeoutError as error:
        raise PageError(f"{url!r} takes more than {_PAGE_LIMIT:g} s to be examined.") from error


def _examined_page(url: str, experiment: Experiment, findings: int) -> ExaminedPage:
    snapshot = experiment.opened.snapshot
    return ExaminedPage(url, len(snapshot.elements), sum(1 for _ in snapshot.texts), findings)


async def _report(context: PhaseContext, url: str, experiment: Experiment, new: list[Detection], pct: float) -> None:
    screenshots: dict[str, str] = {}
    for state in dict.fromkeys(detection.state for detection in new):
        if (png := experiment.screenshots.get(state)) is not None:
            rects = [_rect(detection) for detection in new if detection.state == state]
            screenshots[state] = await _screenshot(context, url, png, rects, pct)
    for detection in new:
        element = detection.element
        evidence = Evidence(
            selector=element.selector,
            text=element.words[:_TEXT_LENGTH] or element.label[:_TEXT_LENGTH],
            rect=_rect(detection),
            measured=detection.measured,
        )
        if detection.state in screenshots:
            evidence["screenshot"] = screenshots[detection.state]
        context.report(
            Finding(
                phase=context.phase,
                kind=detection.kind,
                title=detection.title,
                detail=detection.detail,
                severity=detection.severity,
                confidence=round(detection.confidence, 2),
                signal=detection.signal,
                url=url,
                evidence=evidence,
                taxonomy=detection.type.names(),
            ),
            pct,
        )


async def _screenshot(context: PhaseContext, url: str, png: bytes, rects: Sequence[Rect], pct: float) -> str:
    """Emit a screenshot of the elements in *rects*: the scout's picture if it shows them alike, else that of *png*.

    Of *png*, only the changes are kept if the scout's picture has most of its pixels.
    """
    kind = "full_page" if context.screenshots == FULL else "viewport"
    known = context.pictures.get(url)
    if known is not None and await shows_same(known, png, rects):
        return context.screenshot(known, pct, url=url, kind=kind, taken_by="scout")
    if known is not None and (changes := await keep_changes(known, png, rects)) is not None:
        return context.screenshot(changes, pct, url=url, kind=kind, base=known.sha256)
    return context.screenshot(await keep(png), pct, url=url, kind=kind)


def _rect(detection: Detection) -> Rect:
    x, y, width, height = detection.element.rect
    return Rect(x=x, y=y, width=width, height=height)


def _undetermined(url: str, results: Iterable[Result]) -> Iterator[Unexamined]:
    """Yield the measurements that could not be made, equal ones counted."""
    for undetermined, count in Counter(result for result in results if isinstance(result, CannotTell)).items():
        yield Unexamined(url, undetermined.what, undetermined.why, signal=undetermined.signal, count=count)


def _unknown(url: str, experiment: Experiment) -> Iterator[Unexamined]:
    yield from unloaded(url, experiment.limits_reached)
    for reason in experiment.unknown:
        yield Unexamined(url, "a test", reason, signal="temporal")
    snapshot = experiment.opened.snapshot
    if snapshot.truncated:
        yield Unexamined(url, REST_OF_PAGE, "It has more elements than are examined.")
    if snapshot.closed_frames:
        why = "Frames of other sites, and frames that were not loaded, cannot be read."
        yield Unexamined(url, FRAMES, why, count=snapshot.closed_frames)
    for language, count in unread_texts(snapshot).items():
        named = "an unknown language" if language == UNKNOWN else f"the language {language!r}"
        yield Unexamined(url, TEXTS, f"Texts in {named} are not understood.", signal="meta", count=count)
