"""A rollout as one HTML page that needs nothing beside itself: no script, and no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib.resources import files

from veritas.formatting import utc_time
from veritas.report.html import DOCTYPE, Content, Markup, head, line, pairs, table, tag
from veritas.rollout.metrics import Metrics
from veritas.rollout.outputs.plots import fallback_plot, latency_plot, share_plot, success_plot
from veritas.rollout.outputs.tables import MetricsTable, tables_of

_UNKNOWN = "-"


def rollout_page(metrics: Metrics) -> bytes:
    """Return the page."""
    style = (files("veritas.rollout.outputs") / "rollout.css").read_text(encoding="utf-8")
    body = tag(
        "body",
        tag("p", "The rollout", class_="kicker"),
        tag("h1", metrics.rollout),
        tag("div", pairs(_facts(metrics)), class_="card"),
        _section("Share that got the queue, over time", _shares(metrics)),
        _section("Completed audits, by stage and mode", _success(metrics)),
        _latency(metrics),
        _section("Fallbacks by cause", _fallbacks(metrics)),
        *(_section(told.title, _table(told)) for told in tables_of(metrics)),
        tag("footer", "Made from recorded events alone. All times are UTC."),
    )
    return DOCTYPE + line(head(f"VERITAS: the rollout {metrics.rollout}", style)) + line(body) + b"</html>\n"


def _section(title: str, drawn: Content | None) -> Markup:
    shown = tag("p", "Nothing is known of this yet.", class_="soft") if drawn is None else drawn
    return tag("section", tag("h2", title), tag("div", tag("div", shown, class_="wide"), class_="card"))


def _facts(metrics: Metrics) -> Iterator[tuple[str, Content]]:
    yield "read", utc_time(metrics.at) or ""
    yield "tier", metrics.tier or ""
    yield "from", utc_time(metrics.since) or ""
    yield "until", utc_time(metrics.until) or ""
    yield "audits", f"{metrics.runs:,}"


def _shares(metrics: Metrics) -> Content | None:
    return share_plot(metrics.periods, metrics.stages) if metrics.periods else None


def _legend() -> Markup:
    return tag("p", [tag("span", name, class_=name) for name in ("queue", "stdout")], class_="legend")


def _success(metrics: Metrics) -> Content | None:
    if not any(mode.judged for stage in metrics.stages for mode in stage.modes.values()):
        return None
    return [success_plot(metrics.stages), _legend()]


def _latency(metrics: Metrics) -> Markup:
    """Show one stage, for with the share that changes between them the kinds of audits may: the last that has both."""
    title = "Latency: share of the audits whose p95 is no longer"
    told = [(stage, [mode for mode in stage.modes.values() if mode.latency_p(95).size]) for stage in metrics.stages]
    for enough in (2, 1):
        for stage, known in reversed(told):
            if len(known) >= enough:
                return _section(f"{title}, at {stage.name}", [latency_plot(known), _legend()])
    return _section(title, None)


def _fallbacks(metrics: Metrics) -> Content | None:
    causes = Counter[str]()
    for population in (*metrics.stages, *metrics.others):
        for mode in population.modes.values():
            causes.update(mode.fallbacks)
    if causes:
        return fallback_plot(causes.most_common())
    return tag("p", "No audit fell back.", class_="soft") if metrics.runs else None


def _table(told: MetricsTable) -> Markup:
    rows = ([_UNKNOWN if cell is None else cell for cell in row] for row in told.rows)
    return table((*told.names, *told.numbers), rows, right=told.numbers, stacked=False)


__all__ = ["rollout_page"]
