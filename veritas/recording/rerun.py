"""Validating the queue by running an audit again: over stdout, over stdout once more, and over the queue.

Two live audits of a site differ because sites do. What the runs over stdout differ in among themselves is noise, and
only what differs beyond it counts; how that is decided is in `veritas.diff.transports.noise`. Where something is left,
two more runs are made, at most twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import combinations

from veritas.archive.archive import Archive
from veritas.core.rollout import IPC_MODE_QUEUE, IPC_MODE_STDOUT, VALIDATE_BY, Decision
from veritas.diff import Differences, compare
from veritas.diff.transports.difference_events import difference_events
from veritas.diff.transports.noise import NoiseAnalysis, separate_noise
from veritas.events.progress import decode_event
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import COMPLETED, RERUN, ComparisonMade, RunFinished
from veritas.recording.audit_runner import AuditRunner, Conclude, Send
from veritas.recording.comparison import record_comparison
from veritas.recording.recorder import RunRecorder
from veritas.recording.run import RunOutcome

_FIRST = (IPC_MODE_STDOUT, IPC_MODE_STDOUT, IPC_MODE_QUEUE)
_ROUND = (IPC_MODE_STDOUT, IPC_MODE_QUEUE)
_ROUNDS = 2  # at most: four runs over stdout and three over the queue, in which a coin falls so once in 64 times
_MOST_PLACES = 100

Make = Callable[[Decision, Conclude], AuditRunner]


class Rerun:
    """Runs one audit several times, as an `AuditRunner` runs it once, and compares the runs.

    What the comparison comes to is recorded in the last run before its end. A run that does not complete is the last.
    """

    def __init__(self, make: Make, *, archive: Archive, starting: Callable[[str], None] = lambda said: None) -> None:
        """Prepare the first run.

        Args:
            make: Makes a runner of the audit's next run.
            archive: Where the runs are recorded.
            starting: Told of each run before it starts, in words.
        """
        self._make = make
        self._archive = archive
        self._starting = starting
        self._runs: dict[str, list[str]] = {mode: [] for mode in _ROUND}
        self._differences: dict[tuple[str, str], Differences] = {}
        self._modes = iter([*_FIRST, *_ROUND * _ROUNDS])
        self._left = _ROUNDS
        self._next = self._prepare()

    @property
    def run_id(self) -> str:
        """The run that is under way, or was the last."""
        return self._next.run_id

    async def run(self, send: Send) -> RunOutcome:
        """Run the audit as often as it takes, and call *send* with the messages of all runs.

        Returns:
            How the last run ended, with the comparison.

        Raises:
            UsageError: The command cannot be started.
            store.errors.StoreError: The log cannot be written.
        """
        while True:
            self._starting(f"Run {self.run_id}, over {self._mode}")
            outcome = await self._next.run(send)
            if outcome.comparison is not None or outcome.status != COMPLETED:
                return outcome
            self._next = self._prepare()

    def _prepare(self) -> AuditRunner:
        self._mode = next(self._modes)
        return self._make(Decision(self._mode, "STATIC", VALIDATE_BY), self._conclude)

    def _conclude(self, recorder: RunRecorder, end: RunFinished) -> ComparisonMade | None:
        """Record what the runs come to, if that is certain by now or this one is the last."""
        runs, run_id, mode = self._runs, recorder.run_id, self._mode
        runs[mode].append(run_id)
        error = _obstacle(run_id, mode, end)
        if error is None:
            self._compare(run_id, mode, end)
            if mode == IPC_MODE_STDOUT:
                return None
            weighed = self._weigh()
            if not weighed.certain and self._left:
                self._left -= 1
                return None
            return self._record(recorder, weighed)
        made = ComparisonMade(by=RERUN, equal=False, counts={}, runs=self._all_runs(), error=error)
        return record_comparison(recorder, (), made)

    def _compare(self, run_id: str, mode: str, end: RunFinished) -> None:
        """Compare a run, which is about to end like that, with those before it, but for two over the queue."""
        events = self._archive.events
        for other in self._runs[IPC_MODE_STDOUT]:
            if other != run_id:
                self._differences[other, run_id] = compare(events(other), self._ending(run_id, end))
        if mode == IPC_MODE_STDOUT:
            for other in self._runs[IPC_MODE_QUEUE]:
                self._differences[run_id, other] = compare(self._ending(run_id, end), events(other))

    def _ending(self, run_id: str, end: RunFinished) -> Iterator[RecordedEvent]:
        """Yield a run's events, and its end, which is not in the log yet."""
        position = seq = 0
        for recorded in self._archive.events(run_id):
            position = recorded.position
            if recorded.source == "recorder":
                seq = recorded.seq
            yield recorded
        now, seq = time.time(), seq + 1
        body = end.encode(seq=seq, timestamp=now)
        yield RecordedEvent(position + 1, run_id, "recorder", seq, now, decode_event(body), None, body)

    def _weigh(self) -> NoiseAnalysis:
        stdout, queue = self._runs[IPC_MODE_STDOUT], self._runs[IPC_MODE_QUEUE]
        among = [self._differences[pair] for pair in combinations(stdout, 2)]
        across = [self._differences[one, other] for one in stdout for other in queue]
        return separate_noise(among, across)

    def _record(self, recorder: RunRecorder, weighed: NoiseAnalysis) -> ComparisonMade:
        stdout, queue = self._runs[IPC_MODE_STDOUT][-1], self._runs[IPC_MODE_QUEUE][-1]
        latest = self._differences[stdout, queue]
        made = ComparisonMade(
            by=RERUN,
            equal=False,
            counts={IPC_MODE_STDOUT: latest.a.events, IPC_MODE_QUEUE: latest.b.events},
            redacted=latest.redacted,
            runs=self._all_runs(),
            noise=dict(weighed.noise.most_common(_MOST_PLACES)),
            hidden=weighed.hidden,
        )
        found = difference_events([*weighed.proved, *weighed.persistent], a=IPC_MODE_STDOUT, b=IPC_MODE_QUEUE)
        return record_comparison(recorder, found, made)

    def _all_runs(self) -> list[str]:
        return sorted(
            (run for runs in self._runs.values() for run in runs), key=lambda run: int(run.rpartition(".")[2])
        )


def _obstacle(run_id: str, mode: str, end: RunFinished) -> str | None:
    """Return why a run cannot be compared with others; None where it can."""
    if end.status != COMPLETED:
        return f"The queue and stdout cannot be compared: run {run_id!r}, over {mode}, {end.status}."
    if mode not in end.effective_mode.split("+"):
        return f"The queue and stdout cannot be compared: in run {run_id!r} no event came over {mode}."
    return None
