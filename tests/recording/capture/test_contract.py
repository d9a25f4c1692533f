"""Whatever has collected a program's output, the run is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.recording.capture.collectors import COLLECTORS, TEXT_WRAPPINGS, WRAPPINGS, event_line, event_with
from veritas.archive.archive import Archive
from veritas.recording.capture.reader import CaptureReader
from veritas.recording.ingest import ingest

OUTPUT = [
    ("stdout", b"starting\n"),
    ("stdout", event_line(1, detail="a\u00e9\U0001f600")),
    ("stdout", b"a warning: \xe2\x82\xac 5\n"),
    ("stdout", b"\n"),
    ("stdout", event_with(2, 100_000)),
    ("stdout", b"\x1b[32m" + event_line(3, pct=30)),
    ("stdout", event_line(4).replace(b"##PROGRESS:", b"##PROGRESS:\x1b[0m")),
    ("stdout", b"##PROGRESS:no event\n"),
    ("stdout", event_line(5, type="finding", title="x") + b"\r\n".replace(b"\r\n", b"")),
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("log") / "log.db") as archive:
        yield archive


def chunks_of(data: bytes, size: int = 1 << 18) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def recorded(archive: Archive, chunks: Iterable[bytes]) -> dict[str, Any]:
    """Ingest a file of one program; return the events, the other output and the rejected lines of the run."""
    ingestion = ingest(archive, chunks, name="captured.log")
    assert list(ingestion.without_events) == []
    (outcome,) = ingestion.outcomes.values()
    assert outcome.ok
    events = list(archive.events(outcome.run_id))
    return {
        "events": [(each.seq, archive.wire(each)) for each in events if each.source == "stdout"],
        "output": "".join(e.event.extra["text"] for e in events if e.event.type == "output_captured"),
        "rejected": [each.event.data for each in events if each.event.type == "line_rejected"],
    }


@pytest.fixture(scope="module")
def plain(archive: Archive) -> dict[str, Any]:
    return recorded(archive, [COLLECTORS["plain"](OUTPUT)])


@pytest.mark.parametrize("collector", COLLECTORS)
def test_every_collector_gives_the_same_run(archive: Archive, plain: dict[str, Any], collector: str) -> None:
    """The events are byte for byte those that the program wrote, although the collector has cut a long one."""
    assert len(plain["events"]) == 5
    assert recorded(archive, chunks_of(COLLECTORS[collector](OUTPUT))) == plain


@pytest.mark.parametrize("collector", ["plain", "docker-json", "compose", "journal-json"])
@pytest.mark.parametrize("wrapping", [*WRAPPINGS, *TEXT_WRAPPINGS])
def test_compression_and_encoding_change_nothing(
    archive: Archive, plain: dict[str, Any], collector: str, wrapping: str
) -> None:
    data = (WRAPPINGS | TEXT_WRAPPINGS)[wrapping](COLLECTORS[collector](OUTPUT))
    assert recorded(archive, chunks_of(data, 10_001)) == plain


@pytest.mark.parametrize("collector", COLLECTORS)
def test_lines_may_end_as_on_windows(archive: Archive, plain: dict[str, Any], collector: str) -> None:
    data = COLLECTORS[collector](OUTPUT).replace(b"\n", b"\r\n")
    run = recorded(archive, [data])
    assert run["events"] == plain["events"]
    assert run["output"].replace("\r", "") == plain["output"]


@pytest.mark.parametrize("collector", COLLECTORS)
def test_lines_may_end_in_a_carriage_return_alone(archive: Archive, plain: dict[str, Any], collector: str) -> None:
    data = COLLECTORS[collector](OUTPUT).replace(b"\n", b"\r")
    run = recorded(archive, [data])
    assert run["events"] == plain["events"]
    assert run["output"].replace("\r", "\n") == plain["output"]


def entries_of(chunks: Iterable[bytes]) -> list[tuple[str, str, bytes]]:
    """Return what each program wrote on each stream."""
    written: dict[tuple[str, str], bytes] = {}
    for entries in CaptureReader(chunks):
        for entry in entries:
            written[entry.program, entry.stream] = written.get((entry.program, entry.stream), b"") + entry.data
    return [(*key, data) for key, data in written.items()]


_LINES = st.lists(
    st.tuples(
        st.sampled_from(["stdout", "stderr"]),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.encode)
        | st.integers(1, 9).map(event_line)
        | st.just(event_with(1, 13_000)),
    ),
    min_size=1,
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@pytest.mark.parametrize("collector", ["docker-json", "cri", "journal-json", "compose-colours", "kubectl-both"])
@given(lines=_LINES, data=st.data())
def test_the_chunks_in_which_a_file_is_read_change_nothing(
    collector: str, lines: list[tuple[str, bytes]], data: st.DataObject
) -> None:
    output = [("stdout", event_line(1)), *((stream, line.rstrip(b"\n") + b"\n") for stream, line in lines)]
    collected = COLLECTORS[collector](output)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(collected)), max_size=8)))
    pieces = [collected[a:b] for a, b in zip([0, *cuts], [*cuts, len(collected)], strict=True)]
    whole = entries_of([collected])
    assert entries_of(pieces) == whole
    for stream in ("stdout", "stderr") if collector in ("docker-json", "cri") else (None,):
        wanted = b"".join(line for of, line in output if stream in (None, of))
        assert b"".join(text for _, of, text in whole if stream in (None, of)) == wanted


@given(st.binary(max_size=300), st.sampled_from([*COLLECTORS]))
def test_bytes_that_no_collector_wrote_are_passed_on_as_they_are(noise: bytes, collector: str) -> None:
    """They may follow lines of a collector; nothing of them is lost, and no error arises."""
    line = b"\n{~" + noise.replace(b"\r", b"").strip(b"\n") + b"\n"
    data = COLLECTORS[collector]([("stdout", event_line(1))] * 3) + line
    read = entries_of([data])
    if collector == "plain":
        assert read == [("", "stdout", data)]
    else:
        kept = b"".join(text for _, stream, text in read if stream == "file")
        rest = b"".join(text for _, stream, text in read if stream != "file").split(b"\n")
        assert kept.startswith(b"\n{~")
        assert len(kept) + sum(map(len, rest)) <= len(data)
