"""The metrics are served to this machine only, until the process is told to end."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from wsgiref.types import WSGIApplication

import pytest
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families

from tests.cli.invoking import invoke_in
from tests.cli.logs import failed_run, write, write_all
from tests.metrics.exports import samples
from veritas.archive.archive import Archive
from veritas.metrics.server import make_app


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
    """In Prometheus's text format, or in OpenMetrics if the client prefers it.

    A lost log is reported once, and SIGTERM ends the process.
    """
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
    with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=30) as response:
        assert response.headers["Content-Type"].startswith("text/plain") and response.read() == b""
    assert "veritas_audits" in {family.name for family in openmetrics_families(text)}
    database.unlink()
    assert [samples(get(url)) for _ in range(2)] == [{("veritas_up",): 0}] * 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert process.stderr is not None
    assert re.fullmatch("Error: The log .* was deleted or moved while it was open; .*\n", process.stderr.read())


@pytest.fixture(scope="module")
def app() -> WSGIApplication:
    """The application, without a server."""
    return make_app(make_wsgi_app(CollectorRegistry()))


def ask(app: WSGIApplication, **environ: str) -> tuple[str, bytes]:
    """Return the status and the body that a request gets."""
    statuses: list[str] = []

    def start_response(status: str, headers: object, exc_info: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return lambda body: None

    request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "HTTP_HOST": "127.0.0.1:9464", **environ}
    body = b"".join(app(request, start_response))
    return statuses[0], body


@pytest.mark.parametrize("host", ["evil.test", "evil.test:9464", "127.0.0.1.evil.test", "", "192.0.2.7"])
def test_another_host_is_refused(app: WSGIApplication, host: str) -> None:
    """A page of another site that made its name lead to this machine (DNS rebinding) reads nothing."""
    status, body = ask(app, HTTP_HOST=host)
    assert status == "421 Misdirected Request" and f"The Host {host!r} is not this machine's." in body.decode()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9464", "[::1]:9464"])
def test_this_machine_is_answered(app: WSGIApplication, host: str) -> None:
    assert ask(app, HTTP_HOST=host)[0] == "200 OK"


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"PATH_INFO": "/"}, "404 Not Found"),
        ({"PATH_INFO": "/favicon.ico"}, "404 Not Found"),
        ({"PATH_INFO": "/metrics/x"}, "404 Not Found"),
        ({"REQUEST_METHOD": "POST"}, "405 Method Not Allowed"),
    ],
)
def test_there_is_one_path_to_read(app: WSGIApplication, environ: dict[str, str], status: str) -> None:
    assert ask(app, **environ)[0] == status


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
