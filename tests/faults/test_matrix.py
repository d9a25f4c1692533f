"""The fault matrix: each fault at each point in time, over queue, stdout and both, against the promises of the design.

Every case is a real recording process with a real log, a real manager and a real child; the log is compared with the
journal that the child kept. A few cases run at a time, each in its own directory. The usual run has each fault at one
time and in one mode, both drawn; `python -m tests.benchmarks matrix` runs the other cases too.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.faults.fault import BURST, TIMES, Fault
from tests.faults.running import LONGEST_END, Result, Run
from tests.processes import wait_until
from veritas.events.progress import PHASES
from veritas.events.recorder_events import IpcFellBack, ProcessEnd, ProcessExited

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")

MOST_MEMORY = 150 * 1024 * 1024
AT_ONCE = 4
SEED = 20_261_122

QUEUE, STDOUT, TEE = "queue", "stdout", "validate"
MODES = (QUEUE, STDOUT, TEE)
FATAL = ("init", "scout", "judge")  # the phases without which nothing was seen or judged
WARM = "--warm"  # the option of a run in a worker process

Outside = Callable[[Run], None]


@dataclass(frozen=True)
class Case:
    """One cell of the matrix.

    Attributes:
        name: The fault, and when it happens.
        mode: The mode of the run.
        fault: The fault that the child injects.
        outside: A fault that is injected from outside meanwhile.
        options: Options of the recording process.
    """

    name: str
    mode: str
    fault: Fault = field(default_factory=Fault)
    outside: Outside | None = None
    options: tuple[str, ...] = ()

    @property
    def kind(self) -> tuple[Fault, bool, bool]:
        """The fault, apart from its time and phase; whether it ends the audit; whether it is in a worker process."""
        return replace(self.fault, at=0, phase=""), self.fault.phase in FATAL, WARM in self.options

    def run(self, directory: Path) -> Result:
        """Run it."""
        run = Run(directory, self.mode, self.fault, *self.options)
        if self.outside is not None:
            self.outside(run)
        return run.end()


def kill_when_stopped(run: Run) -> None:
    """Kill the child with SIGKILL once it has been stopped."""
    wait_until(lambda: _state(run.find("child")) == "T")
    run.kill("child", signal.SIGKILL)


def lock_for_ten_seconds(run: Run) -> None:
    """Hold the database's write lock from another connection."""
    wait_until(lambda: run.find("child"))
    with sqlite3.connect(run.database, timeout=30, isolation_level=None, check_same_thread=False) as other:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(10.0, other.rollback).start()


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def at_each_time(
    name: str, modes: tuple[str, ...] = MODES, outside: Outside | None = None, **fault: object
) -> list[Case]:
    """Return the cases of one fault: before, during and after the burst, in each mode."""
    return [
        Case(f"{name} {moment} the burst", mode, Fault(at=at, **fault), outside)  # type: ignore[arg-type]
        for moment, at in TIMES.items()
        for mode in modes
    ]


def in_each_mode(
    name: str, *options: str, modes: tuple[str, ...] = MODES, outside: Outside | None = None, **fault: object
) -> list[Case]:
    """Return the cases of one fault in each mode."""
    return [Case(name, mode, Fault(**fault), outside, options) for mode in modes]  # type: ignore[arg-type]


def also_warm(cases: list[Case]) -> list[Case]:
    """Return *cases*, each also with a worker process."""
    warm = [replace(case, name=f"{case.name}, in a worker", options=(*case.options, WARM)) for case in cases]
    return [*cases, *warm]


def each(cases: list[Case]) -> pytest.MarkDecorator:
    """Return the mark that runs a test on *cases*; those that are not in the short matrix are slow."""
    short = shortened(cases)
    parameters = [pytest.param(case, marks=[] if case in short else pytest.mark.slow) for case in cases]
    return pytest.mark.parametrize("case", parameters, ids=lambda case: f"{case.name}-{case.mode}")


def shortened(cases: list[Case]) -> list[Case]:
    """Draw one case of each fault of *cases*, with the same result each time."""
    draw = random.Random(f"{SEED}.{cases[0].name}").sample(cases, len(cases))
    return list({case.kind: case for case in draw}.values())


@pytest.fixture(scope="module")
def results(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Case, Future[Result]]]:
    """The results of all selected cases, as they come."""
    items = [item for item in request.session.items if getattr(item, "module", None) is request.module]
    cases = [item.callspec.params["case"] for item in items]  # type: ignore[attr-defined]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {case: pool.submit(case.run, tmp_path_factory.mktemp("run")) for case in cases}
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def result(case: Case, results: dict[Case, Future[Result]]) -> Result:
    """The result of one case, after the checks that hold for all: a sound log, a small parent, no gap, nothing left."""
    result = results[case].result()
    assert not result.damaged
    assert not result.left
    assert result.report.get("memory", 0) < MOST_MEMORY
    numbers = result.recorded
    assert result.state.emitted == len(numbers), "each number counts once"
    for source in ("queue", "stdout"):
        of_source = result.numbers(source)
        assert of_source == sorted(set(of_source)), "in order, each once"
    missing = set(range(1, max(numbers, default=0) + 1)) - numbers
    assert not missing, "what came has no holes"
    return result


def everything_arrived(result: Result) -> bool:
    """Return whether the log has all events that the child says it emitted, and knows that it has them."""
    (exited,) = (*result.own("process_exited"), *result.own("process_released"))
    assert isinstance(exited, ProcessEnd)
    assert exited.emitted == result.account.closed == result.account.sent
    assert not result.own("events_dropped")
    return result.recorded == set(range(1, result.account.sent + 1))


@each(also_warm(in_each_mode("normal end")))
def test_a_run_without_a_fault_is_complete(case: Case, result: Result) -> None:
    """Over the transport that was requested."""
    assert everything_arrived(result)
    assert result.report["status"] == "completed"
    assert result.recorded == set(result.numbers(*([QUEUE, STDOUT] if case.mode == TEE else [case.mode])))
    assert not result.own("ipc_fell_back")


@each(
    [
        case
        for phase in PHASES
        if phase != "complete"
        for case in in_each_mode(f"exception in {phase}", kind="raise", phase=phase, burst=100)
    ]
)
def test_an_exception_in_a_phase_fails_only_that_phase(case: Case, result: Result) -> None:
    """It is recorded, the other phases run, and the audit fails only if nothing was seen or judged."""
    assert everything_arrived(result)
    phases = result.state.phases
    assert {name for name, phase in phases.items() if phase.error} >= {case.fault.phase}
    fatal = case.fault.phase in FATAL
    assert result.report["status"] == ("failed" if fatal else "completed")
    if fatal:
        assert "a fault of the phase" in result.report["error"]


@each(at_each_time("sys.exit", kind="exit"))
def test_a_child_that_exits_loses_nothing(case: Case, result: Result) -> None:
    """The interpreter's exit waits for pending events."""
    assert everything_arrived(result)
    assert result.report["status"] == "failed"
    assert "exit status 7" in result.report["error"]


@each(
    also_warm(at_each_time("SIGTERM of the child", kind="kill", signal=signal.SIGTERM))
    + at_each_time("SIGINT of the child", kind="kill", signal=signal.SIGINT)
)
def test_a_child_that_is_terminated_loses_nothing(case: Case, result: Result) -> None:
    """It reports the signal, and the run is interrupted."""
    assert everything_arrived(result)
    assert result.report["status"] == "interrupted"
    assert result.seconds < LONGEST_END


@each(
    at_each_time("os._exit", kind="os_exit")
    + also_warm(at_each_time("SIGKILL of the child", kind="kill", signal=signal.SIGKILL))
    + at_each_time("SIGSTOP, SIGKILL of the child", kind="stop", outside=kill_when_stopped)
)
def test_a_killed_child_loses_nothing_that_was_confirmed(case: Case, result: Result) -> None:
    """Nor anything in a pipe; and the log does not claim to know how much it emitted."""
    (exited,) = result.own("process_exited")
    assert isinstance(exited, ProcessExited)
    assert exited.emitted is None
    assert exited.exit_code == (7 if case.fault.kind == "os_exit" else -signal.SIGKILL)
    assert result.report["status"] == "failed"
    taken_over = result.account.confirmed if case.mode == QUEUE else result.account.sent
    assert result.recorded >= set(range(1, taken_over + 1))
    assert result.seconds < LONGEST_END


@each(
    also_warm(
        at_each_time("SIGKILL of the manager", (QUEUE, TEE), kind="kill", target="manager", signal=signal.SIGKILL)
    )
    + at_each_time("SIGTERM of the manager", (QUEUE, TEE), kind="kill", target="manager", signal=signal.SIGTERM)
    + in_each_mode(
        "SIGSTOP of the manager",
        modes=(QUEUE, TEE),
        kind="kill",
        target="manager",
        signal=signal.SIGSTOP,
        at=BURST // 2,
    )
    + in_each_mode("connection reset", modes=(QUEUE, TEE), kind="reset", at=BURST // 2)
)
def test_a_queue_that_breaks_is_replaced_by_stdout(case: Case, result: Result) -> None:
    """From the first event that was not confirmed, and the log records the fallback."""
    assert everything_arrived(result)
    assert result.report["status"] == "completed"
    (fell_back,) = result.own("ipc_fell_back")
    assert isinstance(fell_back, IpcFellBack)
    assert (fell_back.from_mode, fell_back.to_mode) == ("queue", "stdout")
    assert fell_back.kind in ("broke", "stalled")
    over_stdout = result.numbers(STDOUT)
    if case.mode == QUEUE:
        assert over_stdout[0] == fell_back.last_confirmed + 1
        assert fell_back.sent_again <= len(over_stdout)
    else:
        assert over_stdout == list(range(1, result.account.sent + 1))
    assert len(result.events) < 3 * BURST, "and does not go on about it"


@each(in_each_mode("socket removed", modes=(QUEUE, TEE), kind="remove_socket", at=BURST // 2))
def test_removing_the_socket_does_not_affect_existing_connections(case: Case, result: Result) -> None:
    """The connections live on."""
    assert everything_arrived(result)
    assert result.recorded == set(result.numbers(QUEUE))
    assert not result.own("ipc_fell_back")


@each(also_warm(at_each_time("SIGKILL of the recorder", kind="kill", target="recorder", signal=signal.SIGKILL)))
def test_a_killed_recorder_has_recorded_what_it_confirmed(case: Case, result: Result) -> None:
    """The log is sound, and the child and the manager end by themselves."""
    assert "status" not in result.report
    assert not result.own("run_finished")
    if case.mode != STDOUT:  # a pipe confirms nothing
        assert result.account.confirmed
        assert result.recorded >= set(range(1, result.account.confirmed + 1))
    assert result.seconds < LONGEST_END


@each(in_each_mode("a full disk", "--most-bytes", "500000"))
def test_a_full_disk_ends_the_run_with_all_confirmed_events(case: Case, result: Result) -> None:
    """What the log cannot take is in a file, until that cannot be written either; then the run ends, in time."""
    assert "SpoolFailed" in result.report["raised"]
    assert result.spools == 1
    assert result.recorded
    if case.mode != STDOUT:
        assert result.recorded >= set(range(1, result.account.confirmed + 1))
    assert result.seconds < LONGEST_END


@each(in_each_mode("database locked for 10 s", outside=lock_for_ten_seconds))
def test_a_locked_database_is_waited_for(case: Case, result: Result) -> None:
    """Nothing is lost, and nothing falls back."""
    assert everything_arrived(result)
    assert result.report["status"] == "completed"
    assert not result.own("ipc_fell_back")


@each([Case("a slow log", mode, options=("--slowness", "0.003" if mode != TEE else "0.0015")) for mode in MODES])
def test_a_slow_log_makes_the_child_wait(case: Case, result: Result) -> None:
    """It is a hundred times slower than the child, and still gets all events."""
    assert everything_arrived(result)
    assert result.report["status"] == "completed"
    assert not result.own("ipc_fell_back")
