"""The orchestrator: it runs an audit's phases in order and emits their events."""

from __future__ import annotations

import asyncio
import secrets
import threading
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import Any

import msgspec

from veritas.audit.browser import Browser, open_browser
from veritas.audit.egress.guard import Guard
from veritas.audit.egress.policy import PUBLIC_ONLY, EgressPolicy
from veritas.audit.egress.refusal import Refusal
from veritas.audit.egress.thread import open_guard
from veritas.audit.finding import Finding
from veritas.audit.limits import DEFAULT_LIMITS, LimitReached, Limits
from veritas.audit.login import Login
from veritas.audit.network import DIRECT, Network
from veritas.audit.phase import PhaseContext, Summaries
from veritas.audit.pictures import Picture
from veritas.audit.screenshots import FULL
from veritas.audit.tier import tier_named
from veritas.audit.time_limits import AUDIT_TIMEOUT, VISIT_TIMEOUT, AuditClock, Deadline
from veritas.audit.total_bytes import limited_bytes
from veritas.channels.queue import QueueSender
from veritas.channels.queue_client import QueueProxy
from veritas.channels.sender import Sender
from veritas.channels.stdout import StdoutSender
from veritas.core.audit_events import AuditOutcome, AuditStart, BrowserStart, FailureFields
from veritas.core.egress_events import EgressOutcome, RefusalFields, RefusedConnection
from veritas.core.plain_queue import PlainQueueSender
from veritas.core.unseen_page import why_unseen
from veritas.errors import TIME_LIMIT, BrowserMissing, PageError, VeritasError
from veritas.events.json import json_values
from veritas.events.progress import PHASES, ProgressEvent, encode_event
from veritas.events.visitor import Visitor
from veritas.secrets import Secrets

RunPhase = Callable[[PhaseContext], Awaitable[msgspec.Struct]]
StartBrowser = Callable[..., AbstractAsyncContextManager[Browser]]

# An audit may not emit anything after these steps, so sending them waits until the parent has received them.
_STEPS_TO_WAIT_FOR = ("done", "error")
_GRACE = 15.0  # seconds in which a phase that is late may close its tabs and record what it has


def load_phases() -> Mapping[str, RunPhase]:
    """Import the phases of an audit, and return the function that runs each, in order."""
    from veritas.audit import graph, judge, scout, security, vision

    return {
        "scout": scout.run,
        "security": security.run,
        "vision": vision.run,
        "graph": graph.run,
        "judge": judge.run,
    }


class VeritasOrchestrator:
    """Audits one site and emits each step, numbered from 1, over the queue or, without a queue, over stdout."""

    def __init__(
        self,
        progress_queue: Any = None,
        *,
        sender: Sender | None = None,
        browser: str | None = None,
        network: Network = DIRECT,
        policy: EgressPolicy = PUBLIC_ONLY,
        load_phases: Callable[[], Mapping[str, RunPhase]] = load_phases,
        start_browser: StartBrowser = open_browser,
        timeout: float = AUDIT_TIMEOUT,
        visit_timeout: float = VISIT_TIMEOUT,
        visitor: Visitor | None = None,
        login: Login | None = None,
        known_secrets: Secrets | None = None,
        limits: Limits = DEFAULT_LIMITS,
        screenshots: str = FULL,
        obey_robots: bool = False,
    ) -> None:
        """Create an orchestrator.

        Args:
            progress_queue: The queue to emit to: that of the parent process, or any other with the methods of
                `queue.Queue`, which gets each event at once, and drops its oldest if it is full.
            sender: The sender to emit through, instead of the queue or stdout.
            browser: The browser to start; None to find one.
            network: The proxies to use.
            policy: The hosts that may be reached although they are not public; the target is added if it is local.
            load_phases: Returns the function that runs each phase, in order; it is called while the browser starts.
            start_browser: Opens the browser for the audit; it takes what `open_browser` takes.
            timeout: The seconds that an audit may take.
            visit_timeout: The seconds that a page may take to arrive and load.
            visitor: The visitor that the site sees; None for the default one.
            login: What the audit logs in with; None for nothing.
            known_secrets: The secrets that no event may have, with the key of their masks; None for a random key.
            limits: How much each visit of a page may take.
            screenshots: What to take pictures of: `none`, `viewport` or `full`.
            obey_robots: Whether pages that the start page leads to are left out if robots.txt disallows them.
        """
        self.progress_queue = progress_queue
        self._sender = _sender_to(progress_queue) if sender is None else sender
        self._browser = browser
        self._load_phases = load_phases
        self._network = network
        self._policy = policy
        self._visitor = visitor
        self._login = login
        self._start_browser = start_browser
        self._timeout = timeout
        self._visit_timeout = visit_timeout
        self._secrets = known_secrets or Secrets(secrets.token_bytes(32))
        self._limits = limits
        self._screenshots = screenshots
        self._obey_robots = obey_robots
        self._emitted = 0
        self._lock = threading.Lock()
        self._clock = AuditClock()
        self._pct: float = 0
        self._phase = "init"

    async def audit(self, url: str, tier: str = "standard_audit") -> dict[str, Any]:
        """Audit *url* and return the outcome: `status`, `errors` by phase, and the judge's `verdict` or None.

        Every outcome is emitted: a phase that fails ends with `<phase>/error`, and the last event is `complete/done`,
        or `complete/error` if the site could not be seen. An audit that is cancelled ends with `<phase>/error`. A phase
        for which there is too little time records what it has.

        Raises:
            UsageError: The tier does not exist.
        """
        chosen = tier_named(tier)
        # Timers of the loop must not expire in the time in which the audit is held back.
        asyncio.get_running_loop().time = self._clock.time  # type: ignore[method-assign]
        deadline = Deadline(self._timeout, clock=self._clock.time)
        policy = self._policy.for_target(url)
        limits = self._limits.as_dict()
        times = self._timeout, self._visit_timeout
        start = AuditStart(url, chosen.name, chosen.pages, *times, limits, self._screenshots)
        self._enter("init", f"Audit of {url}", summary=start)
        summaries = Summaries()
        findings: list[Finding] = []
        pictures: dict[str, Picture] = {}
        errors: dict[str, str] = {}
        late: list[str] = []
        guard: Guard | None = None
        # These imports take 0.27 s. Meanwhile the browser starts, which mostly waits for other processes.
        loading = asyncio.create_task(asyncio.to_thread(self._load_phases))
        try:
            async with AsyncExitStack() as stack:
                guard = await stack.enter_async_context(
                    open_guard(policy, network=self._network, on_refusal=self._report_refusal)
                )
                await stack.enter_async_context(
                    limited_bytes(guard, self._limits, url=url, pages=chosen.pages, on_limit=self._report_limit)
                )
                browser = await self._open_browser(stack, deadline, guard)
                phases = await loading
                done = BrowserStart.of(browser, guard)
                self._emit("init", "done", PHASES["init"].done_pct, "The browser runs", summary=done)
                for name, run in phases.items():
                    context = PhaseContext(
                        phase=name,
                        url=url,
                        tier=chosen,
                        browser=browser,
                        emit=partial(self._emit, name),
                        summaries=summaries,
                        findings=findings,
                        deadline=deadline.for_phase(name),
                        visit_timeout=self._visit_timeout,
                        screenshots=self._screenshots,
                        obey_robots=self._obey_robots,
                        pictures=pictures,
                    )
                    error = await self._run_phase(run, context, summaries)
                    if error is not None:
                        errors[name] = str(error)
                    if context.deadline.is_missed:
                        late.append(name)
        except asyncio.CancelledError:
            self._emit(
                self._phase, "error", self._pct, "The audit was interrupted.", fields=FailureFields("interrupted")
            )
            raise
        except Exception as error:
            errors[self._phase] = str(self._fail(self._phase, error))
        return self._complete(errors, summaries, late, EgressOutcome.of(guard) if guard else msgspec.UNSET)

    async def _open_browser(self, stack: AsyncExitStack, deadline: Deadline, guard: Guard) -> Browser:
        opening = self._start_browser(
            self._browser, guard=guard, visitor=self._visitor, login=self._login, limits=self._limits
        )
        try:
            async with asyncio.timeout(deadline.left):
                return await stack.enter_async_context(opening)
        except TimeoutError as error:
            message = f"The browser did not start within the {self._timeout:g} s of the audit; allow more by --timeout."
            raise BrowserMissing(message, kind=TIME_LIMIT) from error

    def close(self) -> None:
        """Report how many events were emitted, and wait until the parent has received all of them."""
        self._sender.close(self._emitted)

    def _emit(
        self,
        phase: str,
        step: str,
        pct: float | None,
        detail: str = "",
        *,
        type: str = "progress",
        summary: msgspec.Struct | None = None,
        fields: msgspec.Struct | None = None,
        data: bytes | None = None,
    ) -> None:
        """Emit one event, with its secrets masked; see `veritas.audit.phase.Emit`. Without *pct* it stays."""
        with self._lock:  # events are sent in the order of their numbers, whichever thread emits them
            self._emitted += 1
            self._pct = pct = self._pct if pct is None else pct
            # At once, because what is learned from one of them is masked in all.
            masked: list[Any] = self._secrets.mask_json([detail, json_values(summary), json_values(fields)])
            event = ProgressEvent(
                type=type,
                phase=phase,
                step=step,
                pct=pct,
                detail=masked[0],
                summary=masked[1],
                seq=self._emitted,
                data=data,
                extra=masked[2],
            )
            body = encode_event(event)
            with self._clock.stopped():
                self._sender.send(body, wait=step in _STEPS_TO_WAIT_FOR)

    def _enter(self, name: str, detail: str = "", summary: msgspec.Struct | None = None) -> None:
        phase = PHASES[name]
        self._phase = name
        self._emit(name, phase.first_step, phase.start_pct, detail, summary=summary)

    async def _run_phase(self, run: RunPhase, context: PhaseContext, summaries: Summaries) -> VeritasError | None:
        """Run one phase and store its summary; return the error if it failed, else None."""
        name = context.phase
        self._enter(name)
        try:
            async with asyncio.timeout(context.deadline.left + _GRACE) as timeout:
                summary = await run(context)
        except Exception as error:  # a bug in one phase must not stop the others
            return self._fail(name, context.deadline.miss("it was done") if timeout.expired() else error)
        setattr(summaries, name, summary)
        self._emit(name, "done", PHASES[name].done_pct, summary=summary)
        return None

    def _fail(self, phase: str, error: Exception) -> VeritasError:
        """Emit the end of a phase by *error*, and return an error whose message is for people."""
        message, fields = _failure(error)
        self._emit(phase, "error", self._pct, message, fields=fields)
        return error if isinstance(error, VeritasError) else VeritasError(message)

    def _report_refusal(self, refusal: Refusal) -> None:
        """Emit a connection that the guard refused; the guard calls this in its own thread."""
        fields = RefusalFields(RefusedConnection.of(refusal))
        self._emit(self._phase, "egress_refused", None, f"Refused: {refusal.reason}", fields=fields)

    def _report_limit(self, reached: LimitReached) -> None:
        """Emit a limit that the whole audit has reached."""
        self._emit(self._phase, "limit_reached", self._pct, reached.sentence, summary=reached)

    def _complete(
        self,
        errors: Mapping[str, str],
        summaries: Summaries,
        late: list[str],
        egress: EgressOutcome | msgspec.UnsetType,
    ) -> dict[str, Any]:
        self._phase = "complete"
        verdict = summaries.judge
        error = errors.get("init") or errors.get("scout") or (summaries.scout and why_unseen(summaries.scout))
        error = error or (None if verdict else errors.get("judge"))
        step, detail = ("error", error) if error else ("done", "The audit is complete")
        if late and not error:
            detail = f"The audit is complete, but had too little time for {' and '.join(late)}"
        outcome = AuditOutcome("failed" if error else "completed", dict(errors), verdict, late, egress)
        self._emit("complete", step, PHASES["complete"].done_pct, detail, summary=outcome)
        return self._secrets.mask_json(json_values(outcome)) | {"status": outcome.status}  # a password may be the word


def _sender_to(queue: Any) -> Sender:
    """Return a sender to *queue*, or to stdout without one."""
    stdout = StdoutSender()
    if queue is None:
        return stdout
    is_parents = isinstance(queue, QueueProxy) and not queue.is_served_here
    return QueueSender(queue, stdout) if is_parents else PlainQueueSender(queue)


def _failure(error: Exception) -> tuple[str, FailureFields]:
    """Return an error as a sentence and as the fields of an event, with the traceback if it is a bug."""
    name = type(error).__name__
    if isinstance(error, VeritasError):
        kind = error.kind if isinstance(error, PageError | BrowserMissing) else msgspec.UNSET
        code = (isinstance(error, PageError) and error.code) or msgspec.UNSET
        return str(error), FailureFields(name, kind=kind, code=code)
    return f"It failed unexpectedly: {error!r}.", FailureFields(name, traceback.format_exc())
