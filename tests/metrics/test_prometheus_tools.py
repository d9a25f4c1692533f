"""Prometheus accepts the export, the alert rules and the dashboard's queries, and each metric that they name exists.

The tests need `promtool` and `prometheus`, of Debian's package `prometheus`.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.logs import failed_run, running_run, write
from tests.metrics.exports import ALERT_RULES, DASHBOARD, QUEUE, dashboard_queries, names_in, samples
from tests.processes import wait_until
from tests.projections.recordings import Recording, requested, whole_run
from veritas.archive.archive import Archive
from veritas.metrics.audit_metrics import read_metrics
from veritas.metrics.prometheus import prometheus_text
from veritas.metrics.server import serving

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
needs_prometheus = pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")

UNIT_TESTS = Path(__file__).with_name("alert-rules.test.yml")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    with Archive.open(tmp_path_factory.mktemp("exported") / "log.db") as archive:
        for run in (whole_run(), failed_run(), running_run()):
            write(archive, run)
        return prometheus_text(lambda: read_metrics(archive, queue=lambda: QUEUE))


@needs_promtool
def test_promtool_accepts_the_export(exported: bytes) -> None:
    """It has a help and a type for each metric, and names by the conventions."""
    checked = subprocess.run(["promtool", "check", "metrics"], input=exported, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


@needs_promtool
def test_promtool_accepts_the_rules_and_they_fire_for_what_they_say(tmp_path: Path) -> None:
    """Each fires for a log in trouble, and none for a healthy one."""
    (tmp_path / "alert-rules.yml").write_bytes(ALERT_RULES.read_bytes())
    shutil.copy(UNIT_TESTS, tmp_path)
    for command in (["check", "rules", "alert-rules.yml"], ["test", "rules", UNIT_TESTS.name]):
        checked = subprocess.run(["promtool", *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_has_a_test_of_its_own() -> None:
    rules, tests = ALERT_RULES.read_text("utf-8"), UNIT_TESTS.read_text("utf-8")
    alerts = [line.split()[-1] for line in rules.splitlines() if line.strip().startswith("- alert:")]
    assert len(alerts) == 10
    for alert in alerts:
        assert tests.count(f"alertname: {alert}") >= 2, alert  # it fires, and it does not


def test_every_metric_of_the_dashboard_and_the_rules_is_exported(exported: bytes) -> None:
    """And every metric that is exported is on the dashboard."""
    known = {name for name, *_ in samples(exported)}
    rules = "\n".join(line for line in ALERT_RULES.read_text("utf-8").splitlines() if not line.startswith("#"))
    shown = names_in(" ".join(query for _, query in dashboard_queries()))
    assert names_in(rules) <= known
    assert shown <= known
    assert known - shown <= {f"veritas_audit_duration_seconds_{part}" for part in ("count", "sum")}


def test_the_dashboard_can_be_imported_by_grafana() -> None:
    """Each panel has an id and a place of its own, and takes its data from the source that the user chooses."""
    dashboard = json.loads(DASHBOARD.read_bytes())
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) >= 10
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells) and max(x for x, _ in cells) < 24
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    assert variables == {"datasource", "instance"}
    assert {target["datasource"]["uid"] for panel in panels for target in panel["targets"]} == {"${datasource}"}


@pytest.mark.slow
@needs_prometheus
def test_each_query_of_the_dashboard_gives_data_of_a_real_export(tmp_path: Path) -> None:
    """A real Prometheus scrapes the endpoint while audits are recorded, and answers every query with a series."""
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, whole_run())
        with serving(lambda: read_metrics(archive, queue=lambda: QUEUE), 0) as url:
            target = url.removeprefix("http://").removesuffix("/metrics")
            config = {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(ALERT_RULES)],
                "scrape_configs": [{"job_name": "veritas", "static_configs": [{"targets": [target]}]}],
            }
            (tmp_path / "prometheus.yml").write_text(json.dumps(config), "utf-8")
            with closing(socket.socket()) as free:
                free.bind(("127.0.0.1", 0))
                address = f"127.0.0.1:{free.getsockname()[1]}"
            command = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
            with subprocess.Popen(
                [*command, f"--web.listen-address={address}"], cwd=tmp_path, stderr=subprocess.DEVNULL
            ) as process:
                try:
                    wait_until(lambda: ask(address, "count_over_time(veritas_up[1m]) >= 2"))
                    audit_id = "vrts_cccc000000000004"
                    recent = Recording(f"{audit_id}.1")
                    recent.recorder(requested(audit_id=audit_id), at=time.time())
                    write(archive, recent)
                    wait_until(lambda: ask(address, "ALERTS{alertname='VeritasAuditsStall'}"))
                    for run in (failed_run(), running_run()):
                        write(archive, run)
                    wait_until(lambda: ask(address, "increase(veritas_audits_total{status='failed'}[20s]) > 0"))
                    for title, query in dashboard_queries():
                        assert ask(address, query), f"{title}: {query}"
                    with urllib.request.urlopen(f"http://{address}/api/v1/rules", timeout=30) as response:
                        (group,) = json.load(response)["data"]["groups"]
                    assert not [rule for rule in group["rules"] if rule.get("lastError")]
                finally:
                    process.terminate()


def ask(address: str, query: str) -> list[Any]:
    """Return the result of an instant query; empty also while Prometheus does not answer yet."""
    url = f"http://{address}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == 503:  # it starts
            return []
        raise AssertionError(f"{query}: {error.read()!r}") from error
    except urllib.error.URLError:
        return []
    result: list[Any] = answer["data"]["result"]
    return result
