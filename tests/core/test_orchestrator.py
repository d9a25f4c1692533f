"""The phases run in order, every outcome is emitted, and the failure of one phase does not end the others."""

import asyncio
import io
import queue
import threading
import time
from contextlib import asynccontextmanager
from functools import partial

import pytest

from tests.audit import facts
from veritas.audit.browser.sandbox import Sandbox
from veritas.audit.judge import judge
from veritas.audit.phase import Summaries
from veritas.core import orchestrator as orchestrator_module
from veritas.core.audit_events import BrowserStart, FailureFields
from veritas.core.ipc import create_queue
from veritas.core.orchestrator import VeritasOrchestrator
from veritas.errors import BrowserMissing, PageError, UsageError
from veritas.events.progress import PHASES, decode_event
from veritas.secrets import Secrets

URL = "http://a.test/"


def seen(**page):
    return facts.scouted(facts.page(URL, **{"timing": {"interactive_ms": 1.0}} | page))


class Sent:
    """A sender that stores the events that it is given."""

    def __init__(self):
        self.events = []
        self.waited_for = []
        self.closed_with = None

    def send(self, body, *, wait=False):
        event = decode_event(body)
        self.events.append(event)
        if wait:
            self.waited_for.append((event.phase, event.step))

    def close(self, emitted):
        self.closed_with = emitted

    @property
    def steps(self):
        return [f"{event.phase}/{event.step}" for event in self.events]


class NoBrowser:
    version = "1.0"
    sandbox = Sandbox()
    audits_before = 0


@asynccontextmanager
async def no_browser(executable, **options):
    yield NoBrowser()


def returning(summary):
    async def run(context):
        return summary

    return run


def raising(error):
    async def run(context):
        raise error

    return run


VERDICT = judge(Summaries(security=facts.security(100)), [])
PHASES_RUN = {
    "scout": returning(seen()),
    "security": returning(facts.security(100)),
    "vision": returning(facts.vision()),
    "graph": returning(facts.graph(1)),
    "judge": returning(VERDICT),
}


def audit(sent, *, start_browser=no_browser, timeout=900, **phases):
    orchestrator = VeritasOrchestrator(
        sender=sent, load_phases=partial(dict, PHASES_RUN | phases), start_browser=start_browser, timeout=timeout
    )
    outcome = asyncio.run(orchestrator.audit("http://a.test/", "quick_scan"))
    orchestrator.close()
    return outcome


def test_the_phases_run_in_order_with_their_percentages():
    """The events go from init/starting at 0 to complete/done at 100, numbered from 1 without a gap."""
    sent = Sent()
    outcome = audit(sent)
    expected = []
    for phase in PHASES.values():
        expected += [(f"{phase.name}/{phase.first_step}", phase.start_pct)]
        expected += [(f"{phase.name}/done", phase.done_pct)] if phase.name != "complete" else []
    assert [(f"{event.phase}/{event.step}", event.pct) for event in sent.events] == expected
    assert [event.seq for event in sent.events] == list(range(1, len(sent.events) + 1))
    assert sent.closed_with == len(sent.events)
    assert (outcome["status"], outcome["verdict"]["trust_score"]) == ("completed", VERDICT.trust_score)


def test_every_end_of_a_phase_is_waited_for():
    """So no event before it can be lost with the child."""
    sent = Sent()
    audit(sent, vision=raising(PageError("no page.")))
    assert sent.waited_for == [(event.phase, event.step) for event in sent.events if event.step in ("done", "error")]
    assert ("vision", "error") in sent.waited_for
    assert sent.waited_for[-1] == ("complete", "done")


@pytest.mark.parametrize("error", [PageError("It is gone."), ZeroDivisionError("oops"), TimeoutError()])
def test_a_failed_phase_is_an_event_and_the_other_phases_run(error):
    """It is for any exception; if that is a bug, the event has its traceback."""
    sent = Sent()
    outcome = audit(sent, vision=raising(error))
    (failed,) = [event for event in sent.events if event.step == "error"]
    assert failed.phase == "vision"
    assert failed.extra["error"] == type(error).__name__
    assert ("traceback" in failed.extra) == (not isinstance(error, PageError))
    assert "judge/done" in sent.steps
    assert outcome["status"] == "completed"
    assert list(outcome["errors"]) == ["vision"]


def test_later_phases_read_the_summaries_of_earlier_ones():
    """A phase that failed leaves no summary."""
    found = {}

    async def judge(context):
        found.update({name: summary for name, summary in vars(context.summaries).items() if summary})
        return VERDICT

    audit(Sent(), security=raising(PageError("x.")), judge=judge)
    assert set(found) == {"scout", "vision", "graph"}


@pytest.mark.parametrize(
    ("scout", "words"),
    [
        (raising(PageError("The host 'a.test' cannot be resolved.")), ["cannot be resolved"]),
        (returning(seen(status=404)), ["404 (Not Found)", URL]),
        (
            returning(seen(requires_login=True, login_reason="a form")),
            ["requires a login", "a form"],
        ),
        (returning(seen(timing={}, complete=False)), ["did not finish loading"]),
    ],
)
def test_an_audit_whose_page_was_not_seen_fails(scout, words):
    """The error is one sentence; the other phases run all the same."""
    sent = Sent()
    outcome = audit(sent, scout=scout)
    assert outcome["status"] == "failed"
    assert sent.steps[-1] == "complete/error"
    assert all(word in sent.events[-1].detail for word in words)
    assert "judge/done" in sent.steps


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (401, "needs a login"),
        (403, "refuses this visitor"),
        (404, "an existing page"),
        (407, "the proxy's settings"),
        (410, "was removed"),
        (418, "a page that it shows"),
        (429, "too many requests"),
        (451, "legal reasons"),
        (500, "has a fault: try again later"),
        (503, "overloaded or under maintenance"),
        (599, "try again later"),
    ],
)
def test_each_error_status_has_a_remedy_that_fits(status, remedy):
    """What helps against one is of no use against another."""
    sent = Sent()
    audit(sent, scout=returning(seen(status=status)))
    assert f"answered {status} (" in sent.events[-1].detail and remedy in sent.events[-1].detail


def test_a_page_that_never_fires_its_load_event_was_seen():
    """It is complete, so the audit is too."""
    assert audit(Sent(), scout=returning(seen(timing={}, complete=True)))["status"] == "completed"


@pytest.mark.parametrize("kind", ["page", "browser", "driver", "machine"])
def test_a_failed_visit_has_the_place_of_its_cause(kind):
    """So a reader need not guess it from the sentence."""
    sent = Sent()
    audit(sent, vision=raising(PageError("It failed.", kind=kind)))
    (failed,) = [event for event in sent.events if event.step == "error"]
    assert failed.extra["kind"] == kind


def test_an_audit_out_of_time_ends_with_what_it_has(monkeypatch):
    """A phase gets a share of what is left; one that is not done fails with a code, and the outcome names it."""
    monkeypatch.setattr(orchestrator_module, "_GRACE", 0.0)
    left = {}

    async def endless(context):
        left[context.phase] = context.deadline.seconds
        await asyncio.Event().wait()

    async def noting(context):
        left[context.phase] = context.deadline.seconds
        return facts.graph(1)

    sent = Sent()
    outcome = audit(sent, timeout=2, security=endless, vision=endless, graph=noting)
    failed = [(event.phase, event.extra["kind"]) for event in sent.events if event.step == "error"]
    assert failed == [("security", "time_limit"), ("vision", "time_limit")]
    assert left["security"] < 2 and left["security"] + left["vision"] + left["graph"] < 2 and left["graph"] > 0
    assert (outcome["status"], outcome["out_of_time"]) == ("completed", ["security", "vision"])
    assert sent.events[-1].detail == "The audit is complete, but had too little time for security and vision"


def test_a_phase_that_left_something_out_had_too_little_time():
    """It is done, and the outcome names it."""

    async def late(context):
        context.deadline.miss("the second page was visited")
        return seen()

    outcome = audit(Sent(), scout=late)
    assert (outcome["status"], outcome["out_of_time"]) == ("completed", ["scout"])


def test_a_browser_that_starts_too_slowly_fails_the_audit():
    """The error names the option."""

    @asynccontextmanager
    async def slow(executable, **options):
        await asyncio.Event().wait()
        yield NoBrowser()

    sent = Sent()
    assert audit(sent, start_browser=slow, timeout=0.05)["status"] == "failed"
    assert (sent.events[1].extra["kind"], "--timeout" in sent.events[1].detail) == ("time_limit", True)


def test_the_start_records_the_limits():
    """A reader can see why an audit ended early."""
    sent = Sent()
    audit(sent, timeout=77)
    assert (sent.events[0].summary["timeout"], sent.events[0].summary["visit_timeout"]) == (77, 20)


def test_without_a_browser_the_audit_fails_in_init():
    """It reports that, and no phase runs."""

    @asynccontextmanager
    async def none(executable, **options):
        raise BrowserMissing
        yield

    sent = Sent()
    assert audit(sent, start_browser=none)["status"] == "failed"
    assert sent.steps == ["init/starting", "init/error", "complete/error"]
    assert "veritas browser install" in sent.events[-1].detail


def test_an_error_outside_the_phases_is_an_outcome_too():
    """A browser that cannot be closed does not lose the verdict; one that cannot be started fails the audit."""

    @asynccontextmanager
    async def failing_at_the_end(executable, **options):
        yield NoBrowser()
        raise OSError("it would not close")

    @asynccontextmanager
    async def forbidden(executable, **options):
        raise PermissionError("not for you")
        yield

    sent = Sent()
    assert audit(sent, start_browser=failing_at_the_end)["status"] == "completed"
    assert sent.steps[-2:] == ["judge/error", "complete/done"]
    assert audit(Sent(), start_browser=forbidden)["status"] == "failed"


def test_the_phases_are_imported_while_the_browser_starts():
    """Neither waits for the other: here each ends only after the other has begun."""
    starting, loading = threading.Event(), threading.Event()

    @asynccontextmanager
    async def slow_browser(executable, **options):
        starting.set()
        assert await asyncio.to_thread(loading.wait, 10)
        yield NoBrowser()

    def load_phases():
        loading.set()
        assert starting.wait(10)
        return PHASES_RUN

    sent = Sent()
    orchestrator = VeritasOrchestrator(sender=sent, load_phases=load_phases, start_browser=slow_browser)
    assert asyncio.run(orchestrator.audit("http://a.test/", "quick_scan"))["status"] == "completed"
    assert sent.steps[:3] == ["init/starting", "init/done", "scout/navigating"]


def test_an_audit_completes_whose_password_is_a_word_of_the_outcome():
    """The child's exit status depends on the outcome."""
    known = Secrets(b"k" * 32)
    known.add("password", "completed")
    orchestrator = VeritasOrchestrator(
        sender=Sent(), load_phases=partial(dict, PHASES_RUN), start_browser=no_browser, known_secrets=known
    )
    assert asyncio.run(orchestrator.audit("http://a.test/", "quick_scan"))["status"] == "completed"


def test_phases_that_cannot_be_imported_fail_the_audit():
    """The error is reported like any other bug."""

    def broken():
        raise ImportError("no such module")

    sent = Sent()
    orchestrator = VeritasOrchestrator(sender=sent, load_phases=broken, start_browser=no_browser)
    assert asyncio.run(orchestrator.audit("http://a.test/", "quick_scan"))["status"] == "failed"
    assert sent.steps == ["init/starting", "init/error", "complete/error"]
    assert "no such module" in sent.events[1].detail


def test_the_time_in_which_the_parent_holds_the_audit_back_does_not_count():
    """Neither a deadline nor a timer of the event loop expires in it."""

    class Held(Sent):
        def send(self, body, *, wait=False):
            super().send(body, wait=wait)
            if self.steps[-1] == "vision/working":
                time.sleep(1.5)  # the fault: the log of the parent is not available

    async def emitting(context):
        async with asyncio.timeout(1.0):
            context.emit("working", 40)
            await asyncio.sleep(0)
        assert context.deadline.left > 0
        return facts.vision()

    outcome = audit(Held(), timeout=1.4, vision=emitting)
    assert (outcome["status"], outcome["errors"]) == ("completed", {})


def test_an_interrupted_audit_reports_the_phase_that_ran():
    """Its phase ends with an error, and the cancellation is raised."""
    started = asyncio.Event()

    async def endless(context):
        started.set()
        await asyncio.Event().wait()

    async def interrupt():
        load_phases = partial(dict, scout=endless)
        orchestrator = VeritasOrchestrator(sender=sent, load_phases=load_phases, start_browser=no_browser)
        task = asyncio.create_task(orchestrator.audit("http://a.test/", "quick_scan"))
        await started.wait()
        task.cancel()
        await task

    sent = Sent()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupt())
    assert sent.steps[-1] == "scout/error"
    assert sent.events[-1].extra["error"] == "interrupted"


def test_an_unknown_tier_is_refused_before_anything_is_emitted():
    """The message lists the existing names."""
    sent = Sent()
    orchestrator = VeritasOrchestrator(sender=sent, start_browser=no_browser)
    with pytest.raises(UsageError, match="quick_scan"):
        asyncio.run(orchestrator.audit("http://a.test/", "foo"))
    assert sent.events == []


def test_it_emits_to_a_queue_that_an_ordinary_get_reads():
    """The call is `VeritasOrchestrator(queue)`."""
    progress = create_queue()
    try:
        orchestrator = VeritasOrchestrator(progress)
        orchestrator._emit(
            "scout", "navigating", 10, "look", summary=BrowserStart("x"), data=b"x", fields=FailureFields("red")
        )
        event = progress.get(timeout=10)
        assert (event.phase, event.step, event.pct, event.detail, event.seq) == ("scout", "navigating", 10, "look", 1)
        assert (event.summary, event.data, event.extra) == ({"browser": "x"}, b"x", {"error": "red"})
    finally:
        progress.close()


@pytest.mark.parametrize("make", [lambda: queue.Queue(2), lambda: create_queue(maxsize=2)], ids=["plain", "own"])
def test_a_full_queue_without_a_reader_loses_its_oldest_event(make, caplog):
    """Nothing waits for a reader that confirms, and the loss is logged."""
    progress = make()
    orchestrator = VeritasOrchestrator(progress_queue=progress)
    assert orchestrator.progress_queue is progress
    for step in ("navigating", "looking", "done"):
        orchestrator._emit("scout", step, 10)
    orchestrator.close()
    assert [progress.get(timeout=5).step for _ in range(2)] == ["looking", "done"]
    assert "dropped the oldest item, event 1 (scout/navigating)" in caplog.text
    if hasattr(progress, "close"):
        progress.close()


@pytest.mark.parametrize("stream", [io.StringIO, lambda: io.TextIOWrapper(io.BytesIO(), "utf-8")])
def test_without_a_queue_it_emits_to_the_present_stdout(monkeypatch, stream):
    """Which may be replaced after the orchestrator was created, even by a stream without bytes."""
    orchestrator = VeritasOrchestrator()
    assert orchestrator.progress_queue is None
    replaced = stream()
    monkeypatch.setattr("sys.stdout", replaced)
    orchestrator._emit("scout", "navigating", 10, "é")
    replaced.seek(0)
    assert replaced.read().startswith('##PROGRESS:{"type":"progress","phase":"scout","step":"navigating"')


def test_without_a_queue_it_emits_to_stdout(capsysbinary):
    """Each event is one marked line."""
    VeritasOrchestrator()._emit("scout", "navigating", 10)
    line = capsysbinary.readouterr().out
    assert line.startswith(b'##PROGRESS:{"type":"progress","phase":"scout"')
    assert line.endswith(b"}\n")
