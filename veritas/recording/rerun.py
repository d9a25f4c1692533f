"""Validate the queue by running an audit several times: twice over stdout, and once over the queue.

Two live audits of a site differ because the site changes. The differences between the runs over stdout are noise, and
only other differences count; `veritas.diff.transports.noise` decides which. If some remain, the audit runs once more
over each transport, at most twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import combinations

from veritas.archive.archive import Archive
from veritas.core.mode_decision import IPC_MODE_QUEUE, IPC_MODE_STDOUT, VALIDATE_BY, Decision
from veritas.diff import Differences, compare
from veritas.diff.transports.difference_events import difference_events
from veritas.diff.transports.noise import NoiseAnalysis, separate_noise
from veritas.events.progress import decode_event
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import COMPLETED, RERUN, ComparisonMade, RunFinished
from veritas.recording.audit_runner import AuditRunner, Conclude
from veritas.recording.comparison import record_comparison
from veritas.recording.message_sender import Send
from veritas.recording.recorder import RunRecorder
from veritas.recording.run import RunOutcome

_FIRST = (IPC_MODE_STDOUT, IPC_MODE_STDOUT, IPC_MODE_QUEUE)
_ROUND = (IPC_MODE_STDOUT, IPC_MODE_QUEUE)
_MAX_ROUNDS = 2  # four runs over stdout and three over the queue: a false alarm has probability 1/64
_MAX_PLACES = 100  # of noise, in the recorded comparison

MakeRunner = Callable[[Decision, Conclude], AuditRunner]


class Rerun:
    """Runs one audit several times, as an `AuditRunner` runs it once, and compares the runs.

    The comparison is recorded in the last run, before its end. A run that does not complete is the last.
    """

    def __init__(
        self, make_runner: MakeRunner, *, archive: Archive, starting: Callable[[str], None] = lambda description: None
    ) -> None:
        """Prepare the first run.

        Args:
            make_runner: Creates a runner of the audit's next run.
            archive: The log that the runs are recorded in.
            starting: Called with a description of each run before it starts.
        """
        self._make_runner = make_runner
        self._archive = archive
        self._starting = starting
        self._runs: dict[str, list[str]] = {mode: [] for mode in _ROUND}
        self._differences: dict[tuple[str, str], Differences] = {}
        self._modes = iter([*_FIRST, *_ROUND * _MAX_ROUNDS])
        self._rounds_left = _MAX_ROUNDS
        self._runner = self._prepare()

    @property
    def run_id(self) -> str:
        """The current run, or the last one."""
        return self._runner.run_id

    async def run(self, send: Send) -> RunOutcome:
        """Run the audit as often as needed, and call *send* with the messages of all runs.

        Returns:
            The outcome of the last run, with the comparison.

        Raises:
            UsageError: The command cannot be started.
            store.errors.StoreError: The log cannot be written.
        """
        while True:
            self._starting(f"Run {self.run_id}, over {self._mode}")
            outcome = await self._runner.run(send)
            if outcome.comparison is not None or outcome.status != COMPLETED:
                return outcome
            self._runner = self._prepare()

    def _prepare(self) -> AuditRunner:
        self._mode = next(self._modes)
        return self._make_runner(Decision(self._mode, "STATIC", VALIDATE_BY), self._conclude)

    def _conclude(self, recorder: RunRecorder, end: RunFinished) -> ComparisonMade | None:
        """Record the comparison of the runs, if its result is certain or this run is the last."""
        runs, run_id, mode = self._runs, recorder.run_id, self._mode
        runs[mode].append(run_id)
        error = _why_incomparable(run_id, mode, end)
        if error is None:
            self._compare(run_id, mode, end)
            if mode == IPC_MODE_STDOUT:
                return None
            analysis = self._analyse()
            if not analysis.certain and self._rounds_left:
                self._rounds_left -= 1
                return None
            return self._record(recorder, analysis)
        comparison = ComparisonMade(by=RERUN, equal=False, counts={}, runs=self._all_runs(), error=error)
        return record_comparison(recorder, (), comparison)

    def _compare(self, run_id: str, mode: str, end: RunFinished) -> None:
        """Compare a run, which is about to end with *end*, with the earlier ones, except two runs over the queue."""
        events = self._archive.events
        for other in self._runs[IPC_MODE_STDOUT]:
            if other != run_id:
                self._differences[other, run_id] = compare(events(other), self._events_with_end(run_id, end))
        if mode == IPC_MODE_STDOUT:
            for other in self._runs[IPC_MODE_QUEUE]:
                self._differences[run_id, other] = compare(self._events_with_end(run_id, end), events(other))

    def _events_with_end(self, run_id: str, end: RunFinished) -> Iterator[RecordedEvent]:
        """Yield a run's events, and then its end, which is not in the log yet."""
        position = seq = 0
        for recorded in self._archive.events(run_id):
            position = recorded.position
            if recorded.source == "recorder":
                seq = recorded.seq
            yield recorded
        now, seq = time.time(), seq + 1
        body = end.encode(seq=seq, timestamp=now)
        yield RecordedEvent(position + 1, run_id, "recorder", seq, now, decode_event(body), None, body)

    def _analyse(self) -> NoiseAnalysis:
        stdout, queue = self._runs[IPC_MODE_STDOUT], self._runs[IPC_MODE_QUEUE]
        among = [self._differences[pair] for pair in combinations(stdout, 2)]
        across = [self._differences[one, other] for one in stdout for other in queue]
        return separate_noise(among, across)

    def _record(self, recorder: RunRecorder, analysis: NoiseAnalysis) -> ComparisonMade:
        stdout, queue = self._runs[IPC_MODE_STDOUT][-1], self._runs[IPC_MODE_QUEUE][-1]
        latest = self._differences[stdout, queue]
        comparison = ComparisonMade(
            by=RERUN,
            equal=False,
            counts={IPC_MODE_STDOUT: latest.a.events, IPC_MODE_QUEUE: latest.b.events},
            redacted=latest.redacted,
            runs=self._all_runs(),
            noise=dict(analysis.noise.most_common(_MAX_PLACES)),
            hidden=analysis.hidden,
        )
        counted = [*analysis.proved, *analysis.persistent]
        differences = difference_events(counted, a=IPC_MODE_STDOUT, b=IPC_MODE_QUEUE)
        return record_comparison(recorder, differences, comparison)

    def _all_runs(self) -> list[str]:
        return sorted(
            (run for runs in self._runs.values() for run in runs), key=lambda run: int(run.rpartition(".")[2])
        )


def _why_incomparable(run_id: str, mode: str, end: RunFinished) -> str | None:
    """Return why a run cannot be compared with others; None if it can."""
    if end.status != COMPLETED:
        return f"The queue and stdout cannot be compared: run {run_id!r}, over {mode}, {end.status}."
    if mode not in end.effective_mode.split("+"):
        return f"The queue and stdout cannot be compared: in run {run_id!r} no event came over {mode}."
    return None
