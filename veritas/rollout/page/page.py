"""A rollout as one HTML page that needs nothing beside itself: no script, and no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib.resources import files

import numpy as np

from veritas.report.document import DOCTYPE, head, line
from veritas.report.markup import Content, Markup, pairs, table, tag
from veritas.rollout.metrics import Metrics, ModeMetrics, Population
from veritas.rollout.page.plots import fallback_plot, latency_plot, share_plot, success_plot
from veritas.rollout.proportion import wilson_interval
from veritas.rollout.sample_ratio import sample_ratio_p
from veritas.wording import moment, percent

_HEADS = ("stage", "mode", "audits", "completed", "95%", "fell back", "lost", "repeated", "mismatched", "p95")
_UNKNOWN = "unknown"


def rollout_page(metrics: Metrics) -> bytes:
    """Return the page."""
    style = (files("veritas.rollout.page") / "rollout.css").read_text(encoding="utf-8")
    body = tag(
        "body",
        tag("p", "The rollout", class_="kicker"),
        tag("h1", metrics.rollout),
        tag("div", pairs(_facts(metrics)), class_="card"),
        _section("Share that got the queue, by day", share_plot(metrics.days) if metrics.days else None),
        _section("Completed audits, by stage and mode", _success(metrics)),
        _section("Latency: share of the audits whose p95 is no longer", _latency(metrics)),
        _section("Fallbacks by cause", _fallbacks(metrics)),
        _section("The numbers", _numbers(metrics.stages)),
        _section("Audits whose mode was decided otherwise", _numbers(metrics.others)),
        tag("footer", "Made from recorded events alone. All times are UTC."),
    )
    return DOCTYPE + line(head(f"VERITAS: the rollout {metrics.rollout}", style)) + line(body) + b"</html>\n"


def _section(title: str, drawn: Content | None) -> Markup:
    shown = tag("p", "Nothing is known of this yet.", class_="soft") if drawn is None else drawn
    return tag("section", tag("h2", title), tag("div", tag("div", shown, class_="wide"), class_="card"))


def _facts(metrics: Metrics) -> Iterator[tuple[str, Content]]:
    yield "read", moment(metrics.at) or ""
    yield "tier", metrics.tier or ""
    yield "from", moment(metrics.since) or ""
    yield "until", moment(metrics.until) or ""
    for stage in metrics.stages:
        queue, share = stage.mode("queue").runs, stage.share or 0.0
        wanted = f"{percent(share)} wanted"
        if (of_all := stage.real_share) is not None:
            real = f"{queue:,} of {stage.runs:,} ({of_all:.1%})"
            wanted += f", {real} got the queue (p = {sample_ratio_p(queue, stage.runs, share):.2g})"
        until = moment(stage.ended_at) or "now"
        yield f"stage {stage.name}", f"{moment(stage.began_at)} to {until}: {wanted}"


def _legend() -> Markup:
    return tag("p", [tag("span", name, class_=name) for name in ("queue", "stdout")], class_="legend")


def _success(metrics: Metrics) -> Content | None:
    if not any(mode.judged for stage in metrics.stages for mode in stage.modes.values()):
        return None
    return [success_plot(metrics.stages), _legend()]


def _latency(metrics: Metrics) -> Content | None:
    modes = []
    for name in ("queue", "stdout"):
        told = [stage.mode(name).latency.get(95, np.empty(0)) for stage in metrics.stages]
        values = np.concatenate(told) if told else np.empty(0)
        if values.size:
            modes.append(ModeMetrics(name, latency={95: values}))
    return [latency_plot(modes), _legend()] if modes else None


def _fallbacks(metrics: Metrics) -> Content | None:
    causes = Counter[str]()
    for population in (*metrics.stages, *metrics.others):
        for mode in population.modes.values():
            causes.update(mode.fallbacks)
    return fallback_plot(causes.most_common()) if causes else None


def _numbers(populations: tuple[Population, ...]) -> Content | None:
    rows = [_row(population, mode) for population in populations for mode in population.modes.values()]
    return table(_HEADS, rows, right=_HEADS[2:]) if rows else None


def _row(population: Population, mode: ModeMetrics) -> list[Content]:
    low, high = wilson_interval(mode.completed, mode.judged)
    p95 = mode.latency.get(95, np.empty(0))
    return [
        population.name,
        mode.mode,
        f"{mode.runs:,}",
        f"{mode.completed / mode.judged:.1%}" if mode.judged else _UNKNOWN,
        f"{low:.1%} to {high:.1%}" if mode.judged else _UNKNOWN,
        f"{mode.fell_back:,}",
        mode.lost.told_of(mode.runs) or _UNKNOWN,
        mode.repeated.told_of(mode.runs) or _UNKNOWN,
        mode.mismatched.told_of(mode.runs) or _UNKNOWN,
        f"{1000 * float(np.median(p95)):.1f} ms" if p95.size else _UNKNOWN,
    ]
