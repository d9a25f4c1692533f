"""What the gate of a rollout asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from math import isfinite
from typing import Any, Self

from veritas.errors import UsageError


def _of(value: float, least: float, most: float, what: str) -> Any:
    return field(default=value, metadata={"least": least, "most": most, "what": what})


@dataclass(frozen=True)
class Thresholds:
    """The numbers that the gate's rules are held to; what each means stands in its metadata (`what`)."""

    margin: float = _of(0.03, 0.0001, 1, "By how much the queue's share of completed audits may be below stdout's")
    alpha: float = _of(0.05, 1e-6, 0.49, "How likely it may be to advance though the queue is worse than that")
    rollback_alpha: float = _of(0.001, 1e-9, 0.49, "How likely a rule may be to roll back though nothing is wrong")
    latency_tolerance: float = _of(0.25, 0, 100, "By which part of stdout's median the queue's latency may be greater")
    latency_slack: float = _of(0.02, 0, 3600, "How many seconds it may be greater in any case")
    fallback_limit: float = _of(0.05, 0, 1, "Which share of the queue's audits may fall back to stdout")
    minimum: float = _of(50, 1, 1e9, "How many audits each mode needs at a stage before it can be left")
    sample_ratio_alpha: float = _of(0.001, 1e-9, 0.49, "How likely it may be to call a fair draw broken")

    @classmethod
    def parse(cls, settings: Iterable[str]) -> Self:
        """Return the thresholds with some of them set, each as `NAME=VALUE`.

        Raises:
            UsageError: There is no such threshold, or it cannot have that value.
        """
        known = {each.name: each for each in fields(cls)}
        values: dict[str, float] = {}
        for setting in settings:
            name, _, text = setting.partition("=")
            if (found := known.get(name.strip())) is None:
                raise UsageError(f"{setting!r} sets no threshold; write NAME=VALUE, NAME one of {', '.join(known)}.")
            try:
                value = float(text)
            except ValueError:
                value = float("nan")
            least, most = found.metadata["least"], found.metadata["most"]
            if not (isfinite(value) and least <= value <= most):
                raise UsageError(f"{found.name} cannot be {text.strip()!r}; give a number from {least:g} to {most:g}.")
            values[found.name] = value
        return cls(**values)
