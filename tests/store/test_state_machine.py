"""A log behaves like a plain list of events, whatever operations are applied in whatever order."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from store.errors import (
    ArtifactMissing,
    CheckpointRefused,
    ObservationConflict,
    ObservationMissing,
    ProofImpossible,
    RedactionRefused,
)
from store.log import Attachment, EventLog, Observation, Record, StoredCheckpoint
from store.proofs.merkle import is_consistent, root, root_from_inclusion
from store.proofs.signed_note import Checkpoint, SigningKey, open_signed_note
from tests.databases import postgresql_schema
from tests.store.abandoner import append_and_die
from tests.store.log_model import LogModel, name_of
from tests.store.making import record, redaction_records

RUNS = ("run.1", "run.2", "run.3")
SOURCES = ("queue", "stdout")
ATTACHMENTS = tuple(Attachment(data, "image/png") for data in (b"", b"one", b"another"))

# There are few numbers and few bodies, so that observations often equal or contradict those in the log.
RECORDS = st.builds(
    lambda run, source, seq, body, artifact: record(seq, body, run_id=run, source=source, artifact=artifact),
    st.sampled_from(RUNS),
    st.sampled_from(SOURCES),
    st.integers(1, 20),
    st.sampled_from((b"", b"{}", b"\xff\x00", b"a body")),
    st.none() | st.none() | st.sampled_from(ATTACHMENTS),
)
BATCHES = st.lists(RECORDS, max_size=6)


@contextmanager
def sqlite_file() -> Iterator[str]:
    """Yield the path of an empty log, which is copied because that is fast."""
    with tempfile.TemporaryDirectory() as directory:
        yield str(shutil.copy(empty_log(), Path(directory, "log.db")))


@cache
def empty_log() -> str:
    path = Path(tempfile.mkdtemp(), "empty.db")
    EventLog.open(path).close()
    return str(path)


class LogAndModel(RuleBasedStateMachine):
    """A log and its model, on which the same operations are performed."""

    def __init__(self, database: AbstractContextManager[str]) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._address = self._stack.enter_context(database)
        self._log = EventLog.open(self._address)
        self._model = LogModel()
        self._hashes: list[bytes] = []  # as they were when they were first seen
        self._key = SigningKey.generate()
        self._kept: list[StoredCheckpoint] = []

    def teardown(self) -> None:
        self._log.close()
        self._stack.close()

    @rule(batch=BATCHES)
    def append(self, batch: list[Record]) -> None:
        """Known observations keep their positions, new ones get the next, and a conflict changes nothing."""
        expected = self._model.append(batch)
        if expected is None:
            with pytest.raises(ObservationConflict):
                self._log.append(batch)
        else:
            assert self._log.append(batch) == expected

    @rule(count=st.integers(1, 300), run=st.sampled_from(RUNS))
    def append_many(self, count: int, run: str) -> None:
        """Append enough events to complete a node of the tree now and then."""
        first = 1 + max((entry.name[2] for entry in self._model.entries), default=20)
        batch = [record(seq, run_id=run) for seq in range(first, first + count)]
        assert self._log.append(batch) == self._model.append(batch)

    @precondition(lambda self: self._model.entries)
    @rule(data=st.data(), fresh=BATCHES)
    def contradict(self, data: st.DataObject, fresh: list[Record]) -> None:
        """A different body for a known observation makes the whole batch fail."""
        entry = data.draw(st.sampled_from(self._model.entries))
        run, source, seq = entry.name
        other = record(seq, b"something else", run_id=run, source=source)
        if entry.body is not None:
            with pytest.raises(ObservationConflict):
                self._log.append([*fresh, other])

    @precondition(lambda self: self._model.entries)
    @rule(data=st.data())
    def redact(self, data: st.DataObject) -> None:
        """Observations that were not erased before are erased, and each is named; redactions are refused."""
        run = data.draw(st.sampled_from(sorted({entry.name[0] for entry in self._model.entries})))
        entries = [entry for entry in self._model.entries if entry.name[0] == run]
        chosen = data.draw(st.lists(st.sampled_from(entries), max_size=3, unique=True))
        observations = [Observation(*entry.name[1:]) for entry in chosen]
        if any(entry.is_redaction for entry in chosen):
            with pytest.raises(RedactionRefused):
                self._log.redact(run, observations, redaction_records(run))
            return
        last = max((entry.name[2] for entry in entries if entry.is_redaction), default=0)
        named = [observation for observation, entry in zip(observations, chosen, strict=True) if entry.body is not None]
        notes = [redaction_records(run)(observation, last + at) for at, observation in enumerate(named, 1)]
        expected = self._model.redact(run, observations, notes)
        assert self._log.redact(run, observations, redaction_records(run)).erased == expected

    @rule(run=st.sampled_from(RUNS))
    def redact_a_missing_observation(self, run: str) -> None:
        known = [entry for entry in self._model.entries if entry.name[0] == run and not entry.is_redaction][:1]
        with pytest.raises(ObservationMissing):
            self._log.redact(
                run,
                [*(Observation(*entry.name[1:]) for entry in known), Observation("queue", 0)],
                redaction_records(run),
            )

    @rule()
    def checkpoint(self) -> None:
        """A checkpoint covers all events, and is the same again if no event was added."""
        if not self._model.entries:
            with pytest.raises(CheckpointRefused):
                self._log.checkpoint(self._key)
            return
        signed = self._log.checkpoint(self._key)
        if not self._kept or self._kept[-1].size < len(self._model):
            self._kept.append(signed)
        assert signed == self._kept[-1] and signed.size == len(self._model)
        checkpoint, signer = open_signed_note(signed.note, [self._key.public_key])
        assert signer == self._key.public_key
        assert checkpoint == Checkpoint(self._log.origin() or "", len(self._hashes), root(self._hashes))
        assert list(self._log.checkpoints()) == self._kept

    @precondition(lambda self: self._kept)
    @rule(data=st.data())
    def prove(self, data: st.DataObject) -> None:
        """Each event is in each checkpoint that covers it, and each checkpoint begins each later one."""
        first, second = sorted(data.draw(st.tuples(*[st.sampled_from(self._kept)] * 2)))
        position = data.draw(st.integers(1, second.size))
        roots = [open_signed_note(kept.note, [self._key.public_key])[0].root for kept in (first, second)]
        proof = self._log.inclusion_proof(position, second.size)
        assert root_from_inclusion(position - 1, second.size, self._hashes[position - 1], proof) == roots[1]
        proof = self._log.consistency_proof(first.size, second.size)
        assert is_consistent(first.size, second.size, *roots, proof)
        with pytest.raises(ProofImpossible):
            self._log.inclusion_proof(1, len(self._model) + 1)

    @rule(batch=st.lists(RECORDS, min_size=1, max_size=40, unique_by=name_of))
    def crash(self, batch: list[Record]) -> None:
        """A recorder that is killed before it commits has recorded nothing, and the log can be opened and used."""
        new = [each for each in batch if self._model.position(name_of(each)) is None]
        append_and_die(self._address, new)
        self.reopen()

    @rule()
    def reopen(self) -> None:
        self._log.close()
        self._log = EventLog.open(self._address, create=False)

    @rule(run=st.sampled_from(RUNS), after=st.integers(0, 400), limit=st.none() | st.integers(0, 20))
    def read(self, run: str, after: int, limit: int | None) -> None:
        """The log yields the model's events, by run and by position."""
        everything = list(enumerate((entry.name for entry in self._model.entries), 1))[after:]
        of_run = [(position, name) for position, name in everything if name[0] == run]
        assert [(event.position, name_of(event)) for event in self._log.read(after=after, limit=limit)] == everything[
            :limit
        ]
        assert [
            (event.position, name_of(event)) for event in self._log.read(run_id=run, after=after, limit=limit)
        ] == of_run[:limit]

    @rule()
    def verify(self) -> None:
        """There is no fault in the log, in any run, and against any checkpoint ever kept."""
        notes = [kept.note for kept in self._kept]
        result = self._log.verify(trusted=[self._key.public_key], checkpoints=notes)
        assert (result.events, result.fault) == (len(self._model), None)
        assert result.covered == max((kept.size for kept in self._kept), default=0)
        for run in RUNS:
            count = sum(entry.name[0] == run for entry in self._model.entries)
            assert (self._log.verify(run).events, self._log.verify(run).fault) == (count, None)

    @invariant()
    def the_events_are_those_of_the_model(self) -> None:
        """They have the same order and bodies, without gaps; and no hash ever changes."""
        events = list(self._log.read())
        assert [event.position for event in events] == list(range(1, len(self._model) + 1))
        assert [(name_of(event), event.body) for event in events] == [
            (entry.name, entry.body) for entry in self._model.entries
        ]
        assert all((event.salt is None) == (event.body is None) for event in events)
        hashes = [event.hash for event in events]
        assert hashes[: len(self._hashes)] == self._hashes
        self._hashes = hashes

    @invariant()
    def the_log_has_exactly_the_attachments_that_events_need(self) -> None:
        for attachment in ATTACHMENTS:
            if self._model.needs(attachment):
                assert self._log.artifact(attachment.sha256) == attachment
            else:
                with pytest.raises(ArtifactMissing):
                    self._log.artifact(attachment.sha256)


class SqliteLog(LogAndModel):
    """The log is on SQLite."""

    def __init__(self) -> None:
        super().__init__(sqlite_file())


class PostgresqlLog(LogAndModel):
    """The log is on PostgreSQL."""

    def __init__(self) -> None:
        super().__init__(postgresql_schema())


UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large]

TestSqliteLog = SqliteLog.TestCase
TestSqliteLog.settings = settings(max_examples=25, stateful_step_count=25, suppress_health_check=UNHURRIED)

TestPostgresqlLog = PostgresqlLog.TestCase
TestPostgresqlLog.settings = settings(max_examples=4, stateful_step_count=25, suppress_health_check=UNHURRIED)
