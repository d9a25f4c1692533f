"""The thresholds of a rollout's gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from math import isfinite
from typing import Any, Self

from veritas.errors import UsageError


def _threshold(default: float, least: float, most: float, description: str) -> Any:
    return field(default=default, metadata={"least": least, "most": most, "description": description})


@dataclass(frozen=True)
class Thresholds:
    """The thresholds of the gate's rules; the metadata of each has its `description`."""

    margin: float = _threshold(0.03, 0.0001, 1, "How far the queue's share of completed audits may be below stdout's")
    alpha: float = _threshold(
        0.05, 1e-6, 0.49, "The accepted probability of advancing although the queue is worse by the margin"
    )
    rollback_alpha: float = _threshold(
        0.001, 1e-9, 0.49, "The accepted probability that a rule rolls back although nothing is wrong"
    )
    latency_tolerance: float = _threshold(
        0.25, 0, 100, "How much greater the queue's median latency may be, as a part of stdout's"
    )
    latency_slack: float = _threshold(0.02, 0, 3600, "How much greater it may be in any case, in seconds")
    fallback_limit: float = _threshold(0.05, 0, 1, "The share of the queue's audits that may fall back to stdout")
    minimum: float = _threshold(50, 1, 1e9, "The number of audits that each mode needs before a stage can be left")
    sample_ratio_alpha: float = _threshold(0.001, 1e-9, 0.49, "The accepted probability of calling a fair draw broken")

    @classmethod
    def parse(cls, settings: Iterable[str]) -> Self:
        """Return the thresholds with the given settings, each as `NAME=VALUE`.

        Raises:
            UsageError: A threshold does not exist, or cannot have the given value.
        """
        known = {each.name: each for each in fields(cls)}
        values: dict[str, float] = {}
        for setting in settings:
            name, _, text = setting.partition("=")
            if (threshold := known.get(name.strip())) is None:
                raise UsageError(f"Invalid threshold {setting!r}; write NAME=VALUE, NAME one of {', '.join(known)}.")
            try:
                value = float(text)
            except ValueError:
                value = float("nan")
            least, most = threshold.metadata["least"], threshold.metadata["most"]
            if not (isfinite(value) and least <= value <= most):
                raise UsageError(
                    f"{threshold.name} cannot be {text.strip()!r}; give a number from {least:g} to {most:g}."
                )
            values[threshold.name] = value
        return cls(**values)
