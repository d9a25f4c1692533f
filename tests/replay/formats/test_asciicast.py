"""The `cast` format is what asciinema records of a terminal, and asciinema can read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asciinema import asciicast
from asciinema.player import Player

from tests.cli.logs import failed_run
from tests.projections.recordings import Recording, whole_run
from tests.replay.formats.writing import written


def loaded(file: Path, data: bytes) -> tuple[dict[str, Any], list[list[Any]]]:
    """Return the header and the events as asciinema's own reader returns them."""
    file.write_bytes(data)
    with asciicast.open_from_url(str(file)) as cast:
        return cast.v2_header, list(cast.events())


def test_it_shows_what_the_terminal_format_shows(tmp_path: Path) -> None:
    header, events = loaded(tmp_path / "run.cast", written("cast", whole_run().events))
    assert header["version"] == 2
    assert (header["timestamp"], header["title"]) == (1_763_800_000, "VERITAS audits http://shop.test/")
    assert min(header["width"], header["height"]) > 0
    shown_events = "".join(data for _, code, data in events if code == "o")
    assert shown_events.replace("\r\n", "\n").encode() == written("terminal", whole_run().events)


def test_each_event_is_a_time_a_code_and_a_text_and_times_never_decrease(tmp_path: Path) -> None:
    """The format's own rules, at https://docs.asciinema.org/manual/asciicast/v2."""
    _, events = loaded(tmp_path / "run.cast", written("cast", whole_run("queue", "stdout").events))
    for moment, code, data in events:
        assert isinstance(moment, float) and moment >= 0
        assert code in ("o", "m")
        assert isinstance(data, str)
    assert [moment for moment, _, _ in events] == sorted(moment for moment, _, _ in events)
    assert events[-1][0] > 0


def test_there_is_a_marker_where_a_phase_begins(tmp_path: Path) -> None:
    _, events = loaded(tmp_path / "run.cast", written("cast", whole_run().events))
    markers = [(moment, data) for moment, code, data in events if code == "m"]
    assert markers[:3] == [(0.25, "Initialization"), (0.75, "Browser Reconnaissance"), (1.5, "Security Audit")]
    assert len(markers) == 7


def test_asciinema_plays_it_and_it_contains_no_terminal_control_sequences(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.cast").write_bytes(written("cast", failed_run().events))
    with asciicast.open_from_url(str(tmp_path / "run.cast")) as cast:
        Player().play(cast, speed=1e6)
    played = capfd.readouterr().out
    assert r"\x1b[2J\x1b[31mpwned" in played
    assert played.replace("\n", "").replace("\r", "").isprintable()


def test_a_run_without_events_is_only_a_header() -> None:
    [line] = written("cast", Recording().events).splitlines()
    assert json.loads(line)["version"] == 2
