"""The page *Verify*: whether the log is as it was recorded, and what its checkpoints cover; bundles to export."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from veritas.archive.archive import LOG
from veritas.archive.coverage import LATEST_EVENTS, Coverage, LogSigner, coverage_of
from veritas.archive.liveness import list_runs
from veritas.batch.ids import is_batch
from veritas.formatting import count, duration, utc_time
from veritas.report.chips import Chip
from veritas.web.pages.html import html
from veritas.web.site import Site
from veritas.web.threads import run_in_thread
from veritas.web.verifications import Job

_MOST_AUDITS = 20  # to choose from
_MOST_RUNS = 12  # with events that no checkpoint covers
_NOT_VERIFIED = Chip("not verified", "fair")
_NOT_AS_RECORDED = Chip("not as recorded", "bad")
_HOW_TO_KNOW = "Whether the log is as it was recorded is not known here."


@dataclass(frozen=True)
class StateView:
    """What is known of the whole log.

    Attributes:
        chip: It in two words.
        headline: It in a sentence.
        details: Further sentences.
        facts: Names and values.
    """

    chip: Chip
    headline: str
    details: Sequence[str]
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ProgressView:
    """The verification that runs: a sentence, and how many events of how many were checked."""

    text: str
    checked: int
    total: int


@dataclass(frozen=True)
class CoverageView:
    """What the checkpoints cover.

    Attributes:
        chip: It in a few words.
        sentence: It in a sentence.
        runs: Runs with events that are not covered, which have a page.
        more: What to say after them.
    """

    chip: Chip
    sentence: str
    runs: Sequence[str]
    more: str


@dataclass(frozen=True)
class SignerView:
    """A key that signed checkpoints."""

    signer: LogSigner
    trusted: Chip


@dataclass(frozen=True)
class JobView:
    """A verification that has ended."""

    what: str
    run_id: str | None
    started: str | None
    took: str | None
    chip: Chip
    sentences: Sequence[str]


@dataclass(frozen=True)
class ChoiceView:
    """A run to choose."""

    run_id: str
    url: str | None
    started: str | None


def route(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers for the page."""

    async def verify(request: Request) -> Response:
        return await run_in_thread(page, site, request.query_params.get("run", ""))

    return verify


def page(site: Site, run: str = "") -> Response:
    """Return the page; *run* is what its forms begin with."""
    verifications = site.verifications
    coverage = coverage_of(site.archive.log, trusted=verifications.trusted())
    running = verifications.running
    return html(
        "verify.html",
        site=site,
        run=run,
        since=utc_time(verifications.since),
        state=_state(verifications.of_log, utc_time(verifications.since), coverage),
        running=None if running is None else _progress(running),
        coverage=coverage,
        covered=_coverage(coverage),
        signers=[SignerView(signer, _trust(signer)) for signer in coverage.signers],
        jobs=[*map(_job, verifications.ended)],
        choices=[
            ChoiceView(row.run_id, row.url, utc_time(row.started_at))
            for row in list_runs(site.archive, limit=_MOST_AUDITS)
        ],
    )


def _state(job: Job | None, since: str | None, coverage: Coverage) -> StateView:
    if job is None:
        never = f"This server has not verified the log since it started at {since}. {_HOW_TO_KNOW}"
        return StateView(
            _NOT_VERIFIED, never, ["A log does not record its verifications, so earlier ones are unknown."], []
        )
    view, later = _job(job), coverage.events - job.head
    done = "tried" if job.verification is None else "verified"
    facts = [(f"{done} at", f"{view.started}, in {view.took}"), ("what", view.what)]
    if (contradiction := job.contradiction(coverage.origin, coverage.events)) is not None:
        return StateView(_NOT_AS_RECORDED, contradiction, [], facts)
    facts.append(("recorded since then", f"{count(later, 'event')}, not verified" if later else "nothing"))
    headline, *details = view.sentences
    return StateView(view.chip, headline, details, facts)


def _job(job: Job) -> JobView:
    conclusion = job.conclusion
    if conclusion is None:
        chip, sentences = _NOT_VERIFIED, [f"It was not verified: {job.failure}"]
    elif not conclusion.ok:
        chip, sentences = _NOT_AS_RECORDED, [conclusion.headline, *conclusion.details]
    else:
        signed = job.verification is not None and job.verification.signed
        chip = Chip("as recorded, partly covered" if signed else "as recorded, signer unknown", "fair")
        if job.is_covered:
            chip = Chip("as recorded", "good")
        sentences = [conclusion.headline, *conclusion.details]
    what = "the whole log" if job.run_id is None else f"run {job.run_id}"
    if job.given:
        what += f", against {count(job.given, 'checkpoint')} kept elsewhere"
    took = None if job.ended is None else duration(max(job.ended - job.started, 0.0))
    return JobView(what, job.run_id, utc_time(job.started), took, chip, sentences)


def _progress(job: Job) -> ProgressView:
    what = "the whole log" if job.run_id is None else f"run {job.run_id}"
    done = f": {job.checked:,} of {count(job.total, 'event')}" if job.total else ""
    return ProgressView(f"Verifying {what} since {utc_time(job.started)}{done}.", job.checked, job.total)


def _trust(signer: LogSigner) -> Chip:
    if signer.trusted is None:
        return Chip("not checked", "fair")
    return Chip("trusted", "good") if signer.trusted else Chip("not trusted", "bad")


def _coverage(coverage: Coverage) -> CoverageView:
    runs = [run for run in coverage.runs if run != LOG and not is_batch(run)]
    more = f" and {count(len(runs) - _MOST_RUNS, 'further run')}" if len(runs) > _MOST_RUNS else ""
    if coverage.events - coverage.covered > LATEST_EVENTS:
        more += f"; only the latest {LATEST_EVENTS:,} of these events were looked at"
    return CoverageView(_coverage_chip(coverage), _coverage_sentence(coverage), runs[:_MOST_RUNS], more)


def _coverage_chip(coverage: Coverage) -> Chip:
    """Return the coverage in a few words. It never looks good: whether the log agrees is what a verification shows."""
    left = coverage.events - coverage.covered
    if coverage.unreadable or any(signer.fault for signer in coverage.signers):
        return Chip("checkpoint damaged", "bad")
    if not coverage.covered:
        return Chip("not covered", "fair")
    if left:
        return Chip(f"{count(left, 'event')} not covered", "fair")
    checked = any(signer.trusted for signer in coverage.signers)
    return Chip("covered", "note") if checked else Chip("covered, signer unknown", "fair")


def _coverage_sentence(coverage: Coverage) -> str:
    covered, left = coverage.covered, coverage.events - coverage.covered
    if not coverage.events:
        return "The log is empty."
    if not covered:
        valid = "valid checkpoint of a trusted key" if coverage.signers else "checkpoint"
        return f"No {valid} covers the log, so nothing shows whether events were cut off, or the log was rewritten."
    text = f"The last checkpoint covers the log up to position {covered:,}."
    if not left:
        return f"{text} That is its last event."
    return f"{text} {count(left, 'event')} after that {'is' if left == 1 else 'are'} not covered."
