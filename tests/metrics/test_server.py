"""The metrics are served to this machine only, until the process is told to end."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families

from tests.cli.invoking import invoke_in
from tests.cli.logs import failed_run, write, write_all
from tests.metrics.exports import samples
from veritas.archive.archive import Archive


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str, subprocess.Popen[str]]]:
    """Serve the metrics of a log; yield the log, the URL and the process."""
    database = tmp_path / "log.db"
    write_all(database)
    command = [sys.executable, "-m", "veritas", "metrics", "--serve", "0", "--db", str(database)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        match = re.search(r"http://127\.0\.0\.1:\d+/metrics", process.stderr.readline())
        assert match is not None
        yield database, match[0], process
        process.kill()


def get(url: str, accept: str = "") -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=30) as response:
        return bytes(response.read())


def test_each_request_gets_the_metrics_of_its_moment(served: tuple[Path, str, subprocess.Popen[str]]) -> None:
    """In Prometheus's text format, or in OpenMetrics if the client prefers it; SIGTERM ends the process."""
    database, url, process = served
    before = samples(get(url))
    assert before["veritas_up",] == 1
    with Archive.open(database) as archive:
        run = failed_run()
        run.run_id = "vrts_cccc000000000004.1"
        write(archive, run)
    assert samples(get(url))["veritas_audits_total", "audit", "failed"] == (
        before["veritas_audits_total", "audit", "failed"] + 1
    )
    text = get(url, "application/openmetrics-text; version=1.0.0").decode()
    assert text.endswith("# EOF\n")
    assert "veritas_audits" in {family.name for family in openmetrics_families(text)}
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_a_port_that_is_taken_is_an_error_in_a_sentence(tmp_path: Path) -> None:
    database = tmp_path / "log.db"
    write_all(database)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = invoke_in(database)("metrics", "--serve", str(port))
    assert (refused.status, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"Error: Port {port} of 127.0.0.1 cannot be used: Address already in use; give another one, or 0 for any.\n"
    )


@pytest.mark.parametrize("other", [("-o", "x.prom"), ("--dashboard",)])
def test_what_is_served_is_not_written_to_a_file(tmp_path: Path, other: tuple[str, ...]) -> None:
    refused = invoke_in(tmp_path / "log.db")("metrics", "--serve", "0", *other)
    assert (refused.status, refused.stdout) == (2, "")
    assert "--serve writes no file" in refused.stderr
