"""The orchestrator: it runs an audit's phases in order and emits what they do."""

from __future__ import annotations

import asyncio
import http.client
import threading
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from veritas.audit.browser import Browser, open_browser
from veritas.audit.finding import Finding
from veritas.audit.phase import PhaseContext, Summaries, tier_named
from veritas.audit.verdict import Verdict
from veritas.channels.queue import QueueSender
from veritas.channels.queue_client import QueueProxy
from veritas.channels.sender import Sender
from veritas.channels.stdout import StdoutSender
from veritas.errors import VeritasError
from veritas.events.json import json_values
from veritas.events.progress import PHASES, ProgressEvent, encode_event

if TYPE_CHECKING:
    from veritas.audit.summaries import ScoutSummary

RunPhase = Callable[[PhaseContext], Awaitable[msgspec.Struct]]

# After these an audit may have lost its last chance to be heard, so they wait until they have been taken over.
_WAITED_FOR = ("done", "error")
_PHASE_LIMIT = 300.0  # seconds; every visit and question within a phase has a far shorter limit of its own


def load_phases() -> Mapping[str, RunPhase]:
    """Import the phases of an audit, and return what to run for each, in order."""
    from veritas.audit import graph, judge, scout, security, vision

    return {
        "scout": scout.run,
        "security": security.run,
        "vision": vision.run,
        "graph": graph.run,
        "judge": judge.run,
    }


class AuditStart(msgspec.Struct, frozen=True):
    """What was asked for: the summary of `init/starting`.

    Attributes:
        url: The address to audit.
        tier: The name of the tier.
        pages: How many pages the tier visits at most.
    """

    url: str
    tier: str
    pages: int


class BrowserStart(msgspec.Struct, frozen=True):
    """The browser runs: the summary of `init/done`.

    Attributes:
        browser: The browser's version.
    """

    browser: str


class FailureFields(msgspec.Struct, frozen=True):
    """What an `error` event has of its own.

    Attributes:
        error: The name of the error's class, or `interrupted`.
        traceback: The traceback of an unexpected error; left out for an expected one.
    """

    error: str
    traceback: str | msgspec.UnsetType = msgspec.UNSET


class AuditOutcome(msgspec.Struct, frozen=True):
    """How an audit ended: the summary of `complete/done` and `complete/error`.

    Attributes:
        status: `completed` or `failed`.
        errors: Why each phase that failed did, by its name.
        verdict: The judge's verdict; None where there is none.
    """

    status: str
    errors: dict[str, str]
    verdict: Verdict | None


class VeritasOrchestrator:
    """Audits one site and emits each step, numbered from 1, over the queue or, without one, over stdout."""

    def __init__(
        self,
        progress_queue: QueueProxy | None = None,
        *,
        sender: Sender | None = None,
        browser: str | None = None,
        load_phases: Callable[[], Mapping[str, RunPhase]] = load_phases,
        start_browser: Callable[[str | None], AbstractAsyncContextManager[Browser]] = open_browser,
    ) -> None:
        """Make an orchestrator.

        Args:
            progress_queue: The queue to emit to.
            sender: What to emit through, where neither a plain queue nor stdout will do.
            browser: The browser to start; None for the one that is found.
            load_phases: Returns what to run for each phase, in order; it is called while the browser starts.
            start_browser: What opens the browser.
        """
        if sender is None:
            stdout = StdoutSender()
            sender = stdout if progress_queue is None else QueueSender(progress_queue, stdout)
        self._sender = sender
        self._browser = browser
        self._load_phases = load_phases
        self._start_browser = start_browser
        self._emitted = 0
        self._lock = threading.Lock()
        self._pct: float = 0
        self._phase = "init"

    async def audit(self, url: str, tier: str = "standard_audit") -> dict[str, Any]:
        """Audit *url* and return how it ended: `status`, `errors` by phase, and the judge's `verdict` or None.

        Every outcome is emitted: a phase that fails ends with `<phase>/error`, and the last event is `complete/done`,
        or `complete/error` where the site could not be seen. An audit that is cancelled ends with `<phase>/error`.

        Raises:
            UsageError: There is no such tier.
        """
        limits = tier_named(tier)
        self._enter("init", f"Audit of {url}", summary=AuditStart(url, limits.name, limits.pages))
        summaries = Summaries()
        findings: list[Finding] = []
        errors: dict[str, str] = {}
        # While the browser starts, which mostly waits for other processes: these imports take 0.27 s.
        loading = asyncio.create_task(asyncio.to_thread(self._load_phases))
        try:
            async with self._start_browser(self._browser) as browser:
                phases = await loading
                done = BrowserStart(browser.version)
                self._emit("init", "done", PHASES["init"].done_pct, "The browser runs", summary=done)
                for name, run in phases.items():
                    context = PhaseContext(name, url, limits, browser, partial(self._emit, name), summaries, findings)
                    error = await self._run_phase(run, context, summaries)
                    if error is not None:
                        errors[name] = error
        except asyncio.CancelledError:
            self._emit(
                self._phase, "error", self._pct, "The audit was interrupted.", fields=FailureFields("interrupted")
            )
            raise
        except Exception as error:
            message, fields = _failure(error)
            self._emit(self._phase, "error", self._pct, message, fields=fields)
            errors[self._phase] = message
        return self._complete(errors, summaries)

    def close(self) -> None:
        """Report how many events were emitted, and wait until all have been taken over."""
        self._sender.close(self._emitted)

    def _emit(
        self,
        phase: str,
        step: str,
        pct: float,
        detail: str = "",
        *,
        type: str = "progress",
        summary: msgspec.Struct | None = None,
        fields: msgspec.Struct | None = None,
        data: bytes | None = None,
    ) -> None:
        """Emit one event; see `veritas.audit.phase.Emit`."""
        with self._lock:  # numbers leave in their order, whichever thread emits
            self._emitted += 1
            event = ProgressEvent(
                type=type,
                phase=phase,
                step=step,
                pct=pct,
                detail=detail,
                summary=json_values(summary),
                seq=self._emitted,
                data=data,
                extra=json_values(fields),
            )
            self._pct = pct
            self._sender.send(encode_event(event), wait=step in _WAITED_FOR)

    def _enter(self, name: str, detail: str = "", summary: msgspec.Struct | None = None) -> None:
        phase = PHASES[name]
        self._phase = name
        self._emit(name, phase.first_step, phase.start_pct, detail, summary=summary)

    async def _run_phase(self, run: RunPhase, context: PhaseContext, summaries: Summaries) -> str | None:
        """Run one phase and keep its summary; return why it failed, if it did."""
        name = context.phase
        self._enter(name)
        try:
            async with asyncio.timeout(_PHASE_LIMIT) as limit:
                summary = await run(context)
        except Exception as error:  # a bug in one phase must not stop the others
            message, fields = _failure(error)
            if limit.expired():
                message = f"The phase was not done after {_PHASE_LIMIT:g} s."
            self._emit(name, "error", self._pct, message, fields=fields)
            return message
        setattr(summaries, name, summary)
        self._emit(name, "done", PHASES[name].done_pct, summary=summary)
        return None

    def _complete(self, errors: Mapping[str, str], summaries: Summaries) -> dict[str, Any]:
        self._phase = "complete"
        verdict = summaries.judge
        error = errors.get("init") or errors.get("scout") or (summaries.scout and _not_seen(summaries.scout))
        error = error or (None if verdict else errors.get("judge"))
        step, detail = ("error", error) if error else ("done", "The audit is complete")
        outcome = AuditOutcome("failed" if error else "completed", dict(errors), verdict)
        self._emit("complete", step, PHASES["complete"].done_pct, detail, summary=outcome)
        return json_values(outcome)


def _failure(error: Exception) -> tuple[str, FailureFields]:
    """Return an error as a sentence and as fields of an event, with its traceback where it is a bug."""
    name = type(error).__name__
    if isinstance(error, VeritasError):
        return str(error), FailureFields(name)
    return f"It failed unexpectedly: {error!r}.", FailureFields(name, traceback.format_exc())


def _not_seen(scout: ScoutSummary) -> str | None:
    """Return why what the scout saw is not the page that was to be audited; None where it is."""
    url, status = scout.url, scout.status
    if status >= 400:
        words = http.client.responses.get(status, "an error")
        return f"The server answered {status} ({words}) for {url!r}; give the address of a page that it has."
    start = next(iter(scout.pages), None)
    if start is not None and start.requires_login:
        return f"{url!r} demands a login ({start.login_reason}); only what is shown before the login was audited."
    if start is not None and start.timing.interactive_ms is None:
        return f"{url!r} never finished; only what had come when the time was up was audited."
    return None
