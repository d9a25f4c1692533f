"""What the metrics export, and the expressions of the dashboard and of the alert rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files

from prometheus_client.parser import text_string_to_metric_families

from veritas.metrics.queue_state import QueueState

DASHBOARD = files("veritas.metrics").joinpath("dashboard.json")
ALERT_RULES = files("veritas.metrics").joinpath("alert-rules.yml")
QUEUE = QueueState({("default", "waiting"): 7, ("default", "running"): 2}, due=5, workers=2)


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    """Return the samples of Prometheus text, by name and values of labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def names_in(expression: str) -> set[str]:
    """Return the names of metrics in an expression or in a text."""
    return set(re.findall(r"\bveritas_[a-z_]+", expression))


def dashboard_queries() -> Iterator[tuple[str, str]]:
    """Yield the title of a panel with each of its queries, with values in the place of Grafana's variables."""
    for panel in json.loads(DASHBOARD.read_bytes())["panels"]:
        for target in panel["targets"]:
            query = target["expr"].replace("$instance", ".*").replace("$__rate_interval", "20s")
            yield panel["title"], query.replace("$__range", "5m")
