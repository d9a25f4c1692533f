"""The orchestrator: it runs an audit's phases in order and emits their events."""

from __future__ import annotations

import asyncio
import http.client
import threading
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from veritas.audit.browser import Browser, open_browser
from veritas.audit.finding import Finding
from veritas.audit.network import DIRECT, Network
from veritas.audit.phase import PhaseContext, Summaries, tier_named
from veritas.audit.time_limits import AUDIT_TIMEOUT, VISIT_TIMEOUT, Deadline
from veritas.audit.verdict import Verdict
from veritas.channels.queue import QueueSender
from veritas.channels.queue_client import QueueProxy
from veritas.channels.sender import Sender
from veritas.channels.stdout import StdoutSender
from veritas.core.plain_queue import PlainQueueSender
from veritas.errors import TIME_LIMIT, BrowserMissing, PageError, VeritasError
from veritas.events.json import json_values
from veritas.events.progress import PHASES, ProgressEvent, encode_event

if TYPE_CHECKING:
    from veritas.audit.summaries import ScoutSummary

RunPhase = Callable[[PhaseContext], Awaitable[msgspec.Struct]]

# What to do about a start page with an error status.
_REMEDIES = {
    401: "the page needs a login: give the URL of a public page",
    402: "the page has to be paid for: give the URL of a public page",
    403: "it refuses this visitor: give the URL of a public page, or visit it from another network",
    404: "give the URL of an existing page",
    407: "the proxy needs a login: check the proxy's settings",
    408: "the connection is too slow: try again later",
    410: "the page was removed: give the URL of an existing page",
    421: "the server does not serve this host: check the host's name",
    429: "it gets too many requests from here: try again later",
    431: "the URL or the cookies are too long: give a shorter URL",
    451: "the page is blocked for legal reasons: visit it from another country",
    502: "the server behind its gateway has a fault: try again later",
    503: "the server is overloaded or under maintenance: try again later",
    504: "the server behind its gateway does not answer: try again later",
    511: "the network here needs a login: log in to it in a browser first",
}

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


class AuditStart(msgspec.Struct, frozen=True):
    """The requested audit: the summary of `init/starting`.

    Attributes:
        url: The address to audit.
        tier: The name of the tier.
        pages: How many pages the tier visits at most.
        timeout: The seconds that the audit may take; logs from before this field have none.
        visit_timeout: The seconds that a page may take to arrive and load; logs from before this field have none.
    """

    url: str
    tier: str
    pages: int
    timeout: float | msgspec.UnsetType = msgspec.UNSET
    visit_timeout: float | msgspec.UnsetType = msgspec.UNSET


class BrowserStart(msgspec.Struct, frozen=True):
    """The running browser: the summary of `init/done`.

    Attributes:
        browser: The browser's version.
        proxies: The proxy by the scheme of the URLs that go through it, without a login; missing if nothing does.
        direct: The hosts that are reached directly nevertheless; missing if nothing goes through a proxy.
    """

    browser: str
    proxies: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    direct: list[str] | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, browser: Browser, network: Network) -> BrowserStart:
        """Return the summary of *browser*, which uses *network*."""
        if not network.proxies:
            return cls(browser.version)
        by_scheme = {"http": network.http, "https": network.https}
        proxies = {scheme: proxy.url for scheme, proxy in by_scheme.items() if proxy}
        return cls(browser.version, proxies, [str(hosts) for hosts in network.direct])


class FailureFields(msgspec.Struct, frozen=True):
    """The additional fields of an `error` event.

    Attributes:
        error: The name of the error's class, or `interrupted`.
        traceback: The traceback of an unexpected error; unset for an expected one.
        kind: Where the cause of a failed visit is: `page`, `tab`, `browser`, `driver`, `machine` or `time_limit`;
            unset for another error.
    """

    error: str
    traceback: str | msgspec.UnsetType = msgspec.UNSET
    kind: str | msgspec.UnsetType = msgspec.UNSET


class AuditOutcome(msgspec.Struct, frozen=True):
    """The outcome of an audit: the summary of `complete/done` and `complete/error`.

    Attributes:
        status: `completed` or `failed`.
        errors: The error of each phase that failed, by its name.
        verdict: The judge's verdict; None if the judge failed.
        out_of_time: The phases that had not enough time, so that the verdict rests on less; logs from before this field
            have none.
    """

    status: str
    errors: dict[str, str]
    verdict: Verdict | None
    out_of_time: list[str] | msgspec.UnsetType = msgspec.UNSET


class VeritasOrchestrator:
    """Audits one site and emits each step, numbered from 1, over the queue or, without a queue, over stdout."""

    def __init__(
        self,
        progress_queue: Any = None,
        *,
        sender: Sender | None = None,
        browser: str | None = None,
        network: Network = DIRECT,
        load_phases: Callable[[], Mapping[str, RunPhase]] = load_phases,
        start_browser: Callable[[str | None], AbstractAsyncContextManager[Browser]] | None = None,
        timeout: float = AUDIT_TIMEOUT,
        visit_timeout: float = VISIT_TIMEOUT,
    ) -> None:
        """Create an orchestrator.

        Args:
            progress_queue: The queue to emit to: that of the parent process, or any other with the methods of
                `queue.Queue`, which gets each event at once, and drops its oldest if it is full.
            sender: The sender to emit through, instead of the queue or stdout.
            browser: The browser to start; None to find one.
            network: The proxies to use.
            load_phases: Returns the function that runs each phase, in order; it is called while the browser starts.
            start_browser: Opens the browser, instead of `open_browser`.
            timeout: The seconds that an audit may take.
            visit_timeout: The seconds that a page may take to arrive and load.
        """
        self.progress_queue = progress_queue
        self._sender = _sender_to(progress_queue) if sender is None else sender
        self._browser = browser
        self._load_phases = load_phases
        self._network = network
        self._start_browser = start_browser or partial(open_browser, network=network)
        self._timeout = timeout
        self._visit_timeout = visit_timeout
        self._emitted = 0
        self._lock = threading.Lock()
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
        limits = tier_named(tier)
        deadline = Deadline(self._timeout)
        start = AuditStart(url, limits.name, limits.pages, self._timeout, self._visit_timeout)
        self._enter("init", f"Audit of {url}", summary=start)
        summaries = Summaries()
        findings: list[Finding] = []
        errors: dict[str, str] = {}
        late: list[str] = []
        # These imports take 0.27 s. Meanwhile the browser starts, which mostly waits for other processes.
        loading = asyncio.create_task(asyncio.to_thread(self._load_phases))
        try:
            async with AsyncExitStack() as stack:
                browser = await self._open_browser(stack, deadline)
                phases = await loading
                done = BrowserStart.of(browser, self._network)
                self._emit("init", "done", PHASES["init"].done_pct, "The browser runs", summary=done)
                for name, run in phases.items():
                    context = PhaseContext(
                        phase=name,
                        url=url,
                        tier=limits,
                        browser=browser,
                        emit=partial(self._emit, name),
                        summaries=summaries,
                        network=self._network,
                        findings=findings,
                        deadline=deadline.for_phase(name),
                        visit_timeout=self._visit_timeout,
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
        return self._complete(errors, summaries, late)

    async def _open_browser(self, stack: AsyncExitStack, deadline: Deadline) -> Browser:
        try:
            async with asyncio.timeout(deadline.left):
                return await stack.enter_async_context(self._start_browser(self._browser))
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
        pct: float,
        detail: str = "",
        *,
        type: str = "progress",
        summary: msgspec.Struct | None = None,
        fields: msgspec.Struct | None = None,
        data: bytes | None = None,
    ) -> None:
        """Emit one event; see `veritas.audit.phase.Emit`."""
        with self._lock:  # events are sent in the order of their numbers, whichever thread emits them
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
            self._sender.send(encode_event(event), wait=step in _STEPS_TO_WAIT_FOR)

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

    def _complete(self, errors: Mapping[str, str], summaries: Summaries, late: list[str]) -> dict[str, Any]:
        self._phase = "complete"
        verdict = summaries.judge
        error = errors.get("init") or errors.get("scout") or (summaries.scout and _unseen(summaries.scout))
        error = error or (None if verdict else errors.get("judge"))
        step, detail = ("error", error) if error else ("done", "The audit is complete")
        if late and not error:
            detail = f"The audit is complete, but had too little time for {' and '.join(late)}"
        outcome = AuditOutcome("failed" if error else "completed", dict(errors), verdict, late)
        self._emit("complete", step, PHASES["complete"].done_pct, detail, summary=outcome)
        return json_values(outcome)


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
        return str(error), FailureFields(name, kind=kind)
    return f"It failed unexpectedly: {error!r}.", FailureFields(name, traceback.format_exc())


def _unseen(scout: ScoutSummary) -> str | None:
    """Return why the scout did not see the requested page; None if it did."""
    url, status = scout.url, scout.status
    start = next(iter(scout.pages), None)
    if status >= 400:
        server = f"proxy {start.proxy!r} or the server" if start and start.proxy else "server"
        return f"The {server} answered {status} ({_phrase(status)}) for {url!r}; {_remedy(status)}."
    if start is not None and start.requires_login:
        return f"{url!r} requires a login ({start.login_reason}); only the page before the login was audited."
    if start is not None and not start.complete and start.timing.interactive_ms is None:
        return f"{url!r} did not finish loading; only what had loaded by then was audited."
    return None


def _phrase(status: int) -> str:
    return http.client.responses.get(status, "an error")


def _remedy(status: int) -> str:
    if status in _REMEDIES:
        return _REMEDIES[status]
    return "the server has a fault: try again later" if status >= 500 else "give the URL of a page that it shows"
