"""The hashes are those that the docstring defines, and any way of appending gives a valid chain."""

from __future__ import annotations

import hashlib
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.log import Attachment, EventLog, Record
from store.proofs import hash_chain
from store.proofs.hash_chain import FIRST_PREVIOUS, body_hash, event_hash
from tests.store.making import PNG, RUN, record, records
from tests.store.reference_verifier import first_wrong

ENVELOPE = (RUN, "queue", 1, "progress", "scout", "done", None, -5, 1, None)


def test_the_hash_of_one_event_written_out_by_hand() -> None:
    """The encoding is checked byte by byte: length, value; NULL as eight bytes 0xFF."""
    written = (
        b"\x00" + bytes(32)
        + b"\0\0\0\0\0\0\0\x17" + b"vrts_00000000000000aa.1"
        + b"\0\0\0\0\0\0\0\x05" + b"queue"
        + b"\0\0\0\0\0\0\0\x01" + b"1"
        + b"\0\0\0\0\0\0\0\x08" + b"progress"
        + b"\0\0\0\0\0\0\0\x05" + b"scout"
        + b"\0\0\0\0\0\0\0\x04" + b"done"
        + b"\xff\xff\xff\xff\xff\xff\xff\xff"
        + b"\0\0\0\0\0\0\0\x02" + b"-5"
        + b"\0\0\0\0\0\0\0\x01" + b"1"
        + b"\xff\xff\xff\xff\xff\xff\xff\xff"
        + b"b" * 32
    )  # fmt: skip
    assert event_hash(FIRST_PREVIOUS, *ENVELOPE, b"b" * 32) == hashlib.sha256(written).digest()
    assert body_hash(b"salt", b"body") == hashlib.sha256(b"saltbody").digest()


@pytest.mark.parametrize("index", range(10))
def test_every_column_counts(index: int) -> None:
    """A different value in any column gives a different hash, and so does moving text to the next column."""
    usual = event_hash(FIRST_PREVIOUS, *ENVELOPE, b"b" * 32)
    changed = list(ENVELOPE)
    changed[index] = b"a" * 32 if index == 9 else 7 if index in (2, 6, 7, 8) else "other"
    assert event_hash(FIRST_PREVIOUS, *changed, b"b" * 32) != usual  # type: ignore[arg-type]
    assert event_hash(b"p" * 32, *ENVELOPE, b"b" * 32) != usual
    shifted = (RUN, "queu", 1, "eprogress", "sco", "utdone", None, -5, 1, None)
    assert event_hash(FIRST_PREVIOUS, *shifted, b"b" * 32) != usual


def test_the_cache_of_encoded_texts_is_bounded() -> None:
    """Neither many texts nor long ones fill the memory."""
    for number in range(3_000):
        event_hash(FIRST_PREVIOUS, *ENVELOPE[:5], f"step {number}", *ENVELOPE[6:], b"")
        event_hash(FIRST_PREVIOUS, f"run {number}", *ENVELOPE[1:], b"")
    event_hash(FIRST_PREVIOUS, "x" * 100_000, *ENVELOPE[1:], b"")
    event_hash(FIRST_PREVIOUS, *ENVELOPE[:5], "x" * 100_000, *ENVELOPE[6:], b"")
    assert 0 < len(hash_chain._streams) <= 1_000
    assert 0 < len(hash_chain._kinds) <= 1_000
    assert max(map(len, hash_chain._streams.values())) <= 400
    assert max(len(kind) for kind, _ in hash_chain._kinds.values()) <= 400


def test_the_reference_verifier_agrees_with_the_log(log: EventLog) -> None:
    """A verifier written from the docstring alone finds the same, on both backends."""
    log.append([record(1), record(2, artifact=PNG, emitted_at=None), record(1, source="stdout", step="é\0")])
    log.append([*records(3, 4), *records(1, 9, run_id="another")])
    rows = [tuple(event) for event in log.read()]
    assert first_wrong(rows) is None
    assert log.verify() == log.verify(None)
    assert log.verify().fault is None
    for index in range(1, len(rows[0])):
        forged = list(rows)
        forged[4] = (*rows[4][:index], (b"" if isinstance(rows[4][index], bytes) else 99), *rows[4][index + 1 :])
        assert first_wrong(forged) == 5


texts = st.text(st.characters(codec=None, categories=None), max_size=8) | st.sampled_from(["", "\0", "\ud800", "scout"])
numbers = st.integers(-(2**63), 2**63 - 1)
attachments = st.none() | st.builds(Attachment, st.binary(max_size=4), texts)
histories = st.lists(
    st.builds(
        Record,
        run_id=st.sampled_from(["a.1", "b.1", ""]),
        source=st.sampled_from(["queue", "stdout", "recorder"]),
        seq=st.integers(0, 30) | numbers,
        type=texts,
        phase=texts,
        step=texts,
        emitted_at=st.none() | numbers,
        body=st.binary(max_size=30),
        artifact=attachments,
        schema_version=st.integers(-(2**31), 2**31 - 1),
    ),
    max_size=40,
    unique_by=lambda one: (one.run_id, one.source, one.seq),
)


@settings(max_examples=60, deadline=None)
@given(history=histories, cuts=st.lists(st.integers(0, 40)), again=st.data())
def test_any_split_into_batches_gives_the_same_log(
    history: list[Record], cuts: list[int], again: st.DataObject
) -> None:
    """The bodies are read back in order, the chain holds, and appending any of it again changes nothing."""
    with tempfile.TemporaryDirectory() as directory, EventLog.open(Path(directory, "log.db")) as log:
        bounds = [0, *sorted(cut for cut in cuts if cut < len(history)), len(history)]
        positions = [at for start, end in pairwise(bounds) for at in log.append(history[start:end])]
        assert positions == list(range(1, len(history) + 1))
        stored = list(log.read())
        assert [(event.seq, event.body, event.emitted_at) for event in stored] == [
            (one.seq, one.body, one.emitted_at) for one in history
        ]
        assert first_wrong(stored) is None
        assert log.verify().fault is None

        repeated = again.draw(st.lists(st.sampled_from(range(len(history)))) if history else st.just([]))
        assert log.append([history[index] for index in repeated]) == [index + 1 for index in repeated]
        assert list(log.read()) == stored
