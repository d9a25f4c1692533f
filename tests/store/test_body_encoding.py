"""A long body is stored compressed; whoever reads, verifies, redacts or tampers with it meets the body itself."""

from __future__ import annotations

import json
import threading

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from store.backends import base, postgresql, sqlite
from store.body_encoding import LARGEST, ZSTANDARD, decode_body, encode_body
from store.log import EventLog, Observation
from store.verify.fault import CHANGED
from tests.store.making import RUN, record, redaction_records
from tests.store.raw import Raw
from tests.store.reference_verifier import first_wrong

LONG = json.dumps({"detail": "What a page says, at length. " * 100}).encode()


@given(
    st.binary() | st.binary(min_size=1, max_size=40).map(lambda part: part * 100),
    st.sampled_from(["queue", "recorder"]),
)
def test_a_body_is_read_as_it_was_stored(body: bytes, source: str) -> None:
    """That is so for every body, and one of the recorder is never compressed."""
    stored, encoding = encode_body(source, body)
    assert stored is not None and len(stored) <= len(body)
    assert (stored if encoding is None else decode_body(stored, encoding)) == body
    assert encoding is None or source == "queue"


def test_a_long_body_takes_little_room_and_everything_verifies(log: EventLog, raw: Raw) -> None:
    """Appending the same event again compares the bodies themselves."""
    log.append([record(1, LONG), record(2), record(3, LONG, source="recorder")])
    rows = raw.execute("SELECT encoding, length(body) FROM event ORDER BY position").fetchall()
    assert [encoding for encoding, _ in rows] == [ZSTANDARD, None, None]
    assert rows[0][1] < len(LONG) / 10 and rows[2][1] == len(LONG)
    assert next(log.read()).body == LONG
    assert log.verify().fault is log.verify(RUN).fault is None
    assert first_wrong(tuple(event) for event in log.read()) is None
    assert log.append([record(1, LONG)]) == [1]


def test_a_redaction_erases_a_compressed_body(log: EventLog, raw: Raw) -> None:
    """Its encoding becomes NULL too; the guard allows nothing else."""
    log.append([record(1, LONG), record(2, LONG)])
    log.redact(RUN, [Observation("queue", 1)], redaction_records(RUN))
    assert tuple(raw.execute("SELECT salt, body, encoding FROM event WHERE position = 1").fetchone()) == (None,) * 3
    assert log.verify().fault is None


@pytest.mark.parametrize(
    "change", ["encoding = NULL", "encoding = 2", "body = NULL", "salt = NULL, body = NULL"], ids=lambda text: text
)
def test_a_changed_encoding_is_refused_and_if_forced_found(log: EventLog, raw: Raw, change: str) -> None:
    """A reader gets no body, or the wrong one, and no error."""
    log.append([record(1, LONG), record(2)])
    with pytest.raises(Exception, match="append-only"):
        raw.execute(f"UPDATE event SET {change} WHERE position = 1")
    raw.remove_guards()
    raw.execute(f"UPDATE event SET {change} WHERE position = 1")
    fault = log.verify().fault
    assert fault is not None and (fault.what, fault.position) == (CHANGED, 1)
    assert len(list(log.read())) == 2


def test_a_body_stored_as_it_is_cannot_be_called_compressed(log: EventLog, raw: Raw) -> None:
    log.append([record(1)])
    raw.remove_guards()
    raw.execute("UPDATE event SET encoding = 1 WHERE position = 1")
    fault = log.verify().fault
    assert fault is not None and (fault.what, fault.position) == (CHANGED, 1)


def test_a_decompression_bomb_is_not_decoded(log: EventLog, raw: Raw) -> None:
    """A frame that claims more than any body has, or no size, is reported; its size decides before it is decoded."""
    claiming = zstandard.ZstdCompressor(level=19).compress(bytes(LARGEST + 1))
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 20))
    log.append([record(1, LONG)])
    raw.remove_guards()
    for bomb in (claiming, silent, claiming[:20], b""):
        raw.execute("UPDATE event SET body = ? WHERE position = 1", bomb)
        fault = log.verify().fault
        assert fault is not None and (fault.what, fault.position) == (CHANGED, 1)
        assert decode_body(bomb, ZSTANDARD) == b"\xff" + bomb


def test_a_page_is_bounded_by_the_decoded_bodies(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small in the database may be large in memory; all events are read nevertheless."""
    for module in (base, sqlite, postgresql):
        monkeypatch.setattr(module, "PAGE_BYTES", 2 * len(LONG))
    log.append([record(number, LONG) for number in range(1, 8)])
    with log._database.reading() as cursor:
        assert len(log._database.page(cursor, "position > ?", (0,), 1000)) == 2
    assert [event.seq for event in log.read()] == list(range(1, 8))


def test_threads_compress_at_once() -> None:
    """Each has a compressor of its own."""
    bodies = [json.dumps([number] * 2000).encode() for number in range(8)]
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(200):
            stored, encoding = encode_body("queue", bodies[number])
            if decode_body(stored, encoding) != bodies[number]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
